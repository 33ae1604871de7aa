"""Data workers that are killed or stop working end a run in a line, not in a wait."""

from __future__ import annotations

import os
import signal
import time
from typing import Any

import pytest

from rnn_sentiment import machine
from rnn_sentiment.data import streaming
from tests.data.modules import make_data


@pytest.mark.battery
@pytest.mark.parametrize(
    ("signum", "expected"),
    [
        pytest.param(signal.SIGKILL, "exited unexpectedly", marks=pytest.mark.fault("a15")),
        pytest.param(signal.SIGSTOP, "timed out after 3", marks=pytest.mark.fault("a16")),
    ],
)
def test_a_worker_that_fails_is_noticed(signum, expected, corpus, cache, monkeypatch):
    monkeypatch.setattr(streaming, "TIMEOUT", 3.0)
    loader: Any = make_data(corpus, cache, streaming=True, num_workers=1).train_dataloader()
    chunks = iter(loader.chunks)
    (worker,) = chunks._workers
    started = time.monotonic()
    os.kill(worker.pid, signum)
    try:
        with pytest.raises(RuntimeError) as failure:
            next(chunks)
    finally:
        worker.kill()
    assert time.monotonic() - started < 30
    line = machine.explain(failure.value)
    assert line is not None
    assert expected in line
    assert line.endswith("data.num_workers=0 reads without workers")
