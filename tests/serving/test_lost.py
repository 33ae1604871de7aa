"""A server that loses one of its processes ends, and says so."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
import uvicorn

from rnn_sentiment.errors import MachineError
from rnn_sentiment.serving.server import Server


def test_a_lost_process_ends_the_server():
    processes: list[Any] = [SimpleNamespace(is_alive=lambda: True) for _ in range(2)]
    server = Server(uvicorn.Config(lambda: None), processes)
    server.check()
    assert not asyncio.run(server.on_tick(1))
    processes[1].is_alive = lambda: False
    assert asyncio.run(server.on_tick(1))
    with pytest.raises(MachineError, match="lost"):
        server.check()
