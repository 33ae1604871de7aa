"""A server's end: it refuses connections at once, and it ends when it loses a process."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest
import uvicorn

from rnn_sentiment.errors import MachineError
from rnn_sentiment.serving import server as module
from rnn_sentiment.serving.server import Server, bind


def test_a_lost_process_ends_the_server():
    processes: list[Any] = [SimpleNamespace(is_alive=lambda: True) for _ in range(2)]
    server = Server(uvicorn.Config(lambda: None), processes)
    server.check()
    assert not asyncio.run(server.on_tick(1))
    processes[1].is_alive = lambda: False
    assert asyncio.run(server.on_tick(1))
    with pytest.raises(MachineError, match="lost"):
        server.check()


def test_nobody_listens_at_the_end_even_if_a_process_has_inherited_the_address(monkeypatch):
    monkeypatch.setattr(module, "GRACE", 0.0)

    async def live(listener: socket.socket) -> None:
        server = Server(uvicorn.Config(lambda: None, lifespan="off", log_level="critical"), [])
        life = asyncio.create_task(server.serve([listener]))
        while not server.started:
            await asyncio.sleep(0.01)
        server.should_exit = True
        await life

    with bind("127.0.0.1", 0) as listener, listener.dup():
        address = listener.getsockname()
        asyncio.run(live(listener))
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(address)


@pytest.mark.battery
def test_a_server_that_is_killed_leaves_no_process(finished_run: Path):
    with subprocess.Popen(
        [sys.executable, "-m", "rnn_sentiment.serve", f"run={finished_run}", "port=0"],
        stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout
        assert "answers until Ctrl-C" in process.stdout.readline()
        started = psutil.Process(process.pid).children(recursive=True)
        assert len(started) > 2  # two that answer, one for queues
        process.kill()
    _, alive = psutil.wait_procs(started, timeout=20)
    assert not alive
