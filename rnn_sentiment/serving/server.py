"""A server on one address: two interfaces, a page, a health check, and an orderly end."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path

import litserve
import uvicorn
from fastapi.exceptions import RequestValidationError
from litserve.utils import WorkerSetupStatus, wrap_litserve_start
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse
from starlette.routing import Route

from rnn_sentiment.errors import MachineError, UserError
from rnn_sentiment.leash import end_with_parent
from rnn_sentiment.serving.apis import LONGEST, Explain, Predict
from rnn_sentiment.serving.page import make_page

LARGEST = 12 * LONGEST + 1024  # bytes of a request: JSON may write a character with 12
MOST_CONNECTIONS = 256  # more are told to come again later (503)
TIMEOUT = 30  # seconds that a request may wait for its turn
ENTRY = 0.1  # seconds in which clients that had connected when the end came are let in
GRACE = 1.0  # seconds in which requests that were on their way when the end came are taken


class Server(uvicorn.Server):
    """Uvicorn's, which at its end loses no request that was sent before.

    It lets in those who have connected, and refuses others. Then it takes requests for a second
    more, and has clients close their connections with the answers. Only then are the idle ones
    closed. It also ends when it loses one of its processes.

    Args:
        config: what uvicorn is told.
        processes: those that answer.
    """

    def __init__(self, config: uvicorn.Config, processes: Sequence[BaseProcess]) -> None:
        super().__init__(config)
        self.processes = processes

    def check(self) -> None:
        """Look whether all processes are there.

        Raises:
            MachineError: one is not.
        """
        if not all(process.is_alive() for process in self.processes):
            raise MachineError(
                "a server process was lost, perhaps for lack of memory; start the server again"
            )

    async def on_tick(self, counter: int) -> bool:
        """Whether to end; uvicorn asks ten times a second."""
        return not all(process.is_alive() for process in self.processes) or await super().on_tick(
            counter
        )

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End in this order."""
        await asyncio.sleep(ENTRY)  # else the system would reset connections that wait
        for listener in sockets or []:
            # To close it is not enough: a process that was forked meanwhile would go on to listen.
            listener.shutdown(socket.SHUT_RDWR)
        for server in self.servers:
            server.close()
        self.server_state.default_headers.append((b"connection", b"close"))
        await asyncio.sleep(GRACE)
        await super().shutdown(sockets)


def bind(host: str, port: int) -> socket.socket:
    """Listen on an address; port 0 is any free one.

    Raises:
        UserError: it cannot be had.
    """
    if not 0 <= port < 2**16:
        raise UserError(f"port={port} is not between 0 and 65535")
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise UserError(f"cannot listen on host={host} port={port}: {error}") from None


def refuse(_: Request, error: Exception) -> JSONResponse:
    """Say what is wrong with a request, without repeating it, which fails at surrogates."""
    assert isinstance(error, RequestValidationError)
    found = (f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
    return JSONResponse({"detail": "; ".join(found)}, 422)


@contextmanager
def serving(model: Path, labels: tuple[str, ...], several: bool) -> Iterator[Server]:
    """Start the processes of a model's interfaces; the server is then ready to `run`.

    Args:
        model: a run folder or bundle.
        labels: the names of its classes.
        several: whether it gives a text any number of them.

    Raises:
        MachineError: a process is lost.
    """
    interfaces = [Predict(model), Explain(model)]
    lit_server = litserve.LitServer(
        interfaces, accelerator="cpu", timeout=TIMEOUT, max_payload_size=LARGEST,
        disable_openapi_url=True,  # FastAPI's page of it loads scripts from elsewhere
    )  # fmt: skip
    lit_server.app.add_exception_handler(RequestValidationError, refuse)
    page, headers = make_page(labels, several)
    # Before LitServe's own routes, which have a line of text there.
    lit_server.app.router.routes.insert(
        0, Route("/", lambda _: HTMLResponse(page, headers=headers))
    )
    config = uvicorn.Config(
        lit_server.app, log_level="warning", limit_concurrency=MOST_CONNECTIONS,
        timeout_graceful_shutdown=2 * TIMEOUT,  # to wait and to be answered
        server_header=False,
    )  # fmt: skip
    # LitServe's own process for queues as well must not outlive a server that is killed.
    os.register_at_fork(after_in_child=lambda: end_with_parent(os.getppid()))
    with wrap_litserve_start(lit_server):
        server = Server(config, lit_server.inference_workers)
        while set(lit_server.workers_setup_status.values()) != {WorkerSetupStatus.READY}:
            server.check()
            time.sleep(0.05)
        yield server
        server.check()
