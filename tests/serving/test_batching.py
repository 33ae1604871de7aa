"""Requests that wait together are one batch, and none waits for others."""

from __future__ import annotations

import time
from queue import Queue
from types import SimpleNamespace
from typing import Any

from rnn_sentiment.serving import batching
from rnn_sentiment.serving.batching import EagerLoop


def batch(queue: Queue[Any], most: int = 64) -> list[str]:
    """The texts of the next batch."""
    api = SimpleNamespace(batch_timeout=0.0, max_batch_size=most, request_timeout=30, stream=False)
    transport = SimpleNamespace(send=lambda *_, **__: None)
    found, late = EagerLoop().get_batch_requests(api, queue, transport)
    assert not late
    return [text for _, _, text in found]


def waiting(*texts: str) -> Queue[Any]:
    queue: Queue[Any] = Queue()
    for number, text in enumerate(texts):
        queue.put((0, str(number), time.monotonic(), text))
    return queue


def test_what_waits_is_one_batch_in_order():
    queue = waiting("a", "b", "c", "d", "e")
    assert batch(queue, most=3) == ["a", "b", "c"]
    assert batch(queue, most=3) == ["d", "e"]


def test_a_text_does_not_wait_for_others(monkeypatch):
    monkeypatch.setattr(batching, "PATIENCE", 60.0)
    assert batch(waiting("a")) == ["a"]


def test_nothing_to_do_is_an_empty_batch(monkeypatch):
    monkeypatch.setattr(batching, "PATIENCE", 0.01)
    assert batch(waiting()) == []
