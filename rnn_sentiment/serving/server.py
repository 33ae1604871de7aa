"""A server on one address: two interfaces, a page, a health check, and a graceful shutdown."""

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

LARGEST = 12 * LONGEST + 1024  # bytes of a request; JSON can take 12 per character
MOST_CONNECTIONS = 256  # further ones are told to try again later (503)
TIMEOUT = 30  # seconds that a request may wait for its turn
ENTRY = 0.1  # seconds in which clients that connected before the shutdown are accepted
GRACE = 1.0  # seconds in which requests sent before the shutdown are accepted


class Server(uvicorn.Server):
    """A Uvicorn server that, when it shuts down, loses no request that was sent before.

    It accepts clients that have already connected, and refuses others. For one more second it
    accepts requests, and tells clients to close their connections after the answer. Only then does
    it close idle connections. It also shuts down when it loses one of its processes.

    Args:
        config: Uvicorn's configuration.
        processes: the processes that answer requests.
    """

    def __init__(self, config: uvicorn.Config, processes: Sequence[BaseProcess]) -> None:
        super().__init__(config)
        self.processes = processes

    def check(self) -> None:
        """Check that all processes are alive.

        Raises:
            MachineError: a process has died.
        """
        if not all(process.is_alive() for process in self.processes):
            raise MachineError(
                "a server process was lost, perhaps for lack of memory; start the server again"
            )

    async def on_tick(self, counter: int) -> bool:
        """Whether to shut down; Uvicorn calls this ten times a second."""
        return not all(process.is_alive() for process in self.processes) or await super().on_tick(
            counter
        )

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Shut down in the order described above."""
        await asyncio.sleep(ENTRY)  # otherwise the system would reset pending connections
        for listener in sockets or []:
            # Closing is not enough: a process that was forked meanwhile would keep listening.
            listener.shutdown(socket.SHUT_RDWR)
        for server in self.servers:
            server.close()
        self.server_state.default_headers.append((b"connection", b"close"))
        await asyncio.sleep(GRACE)
        await super().shutdown(sockets)


def bind(host: str, port: int) -> socket.socket:
    """Listen on an address; port 0 means any free port.

    Raises:
        UserError: the address is not available.
    """
    if not 0 <= port < 2**16:
        raise UserError(f"port={port} is not between 0 and 65535")
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise UserError(f"cannot listen on host={host} port={port}: {error}") from None


def refuse(_: Request, error: Exception) -> JSONResponse:
    """Describe what is wrong with a request, without quoting it, which fails for surrogates."""
    assert isinstance(error, RequestValidationError)
    found = (f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
    return JSONResponse({"detail": "; ".join(found)}, 422)


@contextmanager
def serving(model: Path, labels: tuple[str, ...], several: bool) -> Iterator[Server]:
    """Start the processes of a model's interfaces; the server is then ready to `run`.

    Args:
        model: a run folder or bundle.
        labels: the names of its classes.
        several: whether it can give a text several labels.

    Raises:
        MachineError: a process has died.
    """
    interfaces = [Predict(model), Explain(model)]
    lit_server = litserve.LitServer(
        interfaces, accelerator="cpu", timeout=TIMEOUT, max_payload_size=LARGEST,
        disable_openapi_url=True,  # its page in FastAPI loads scripts from other sites
    )  # fmt: skip
    lit_server.app.add_exception_handler(RequestValidationError, refuse)
    page, headers = make_page(labels, several)
    # Before LitServe's own routes, which would answer there with a line of text.
    lit_server.app.router.routes.insert(
        0, Route("/", lambda _: HTMLResponse(page, headers=headers))
    )
    config = uvicorn.Config(
        lit_server.app, log_level="warning", limit_concurrency=MOST_CONNECTIONS,
        timeout_graceful_shutdown=2 * TIMEOUT,  # time to wait and to be answered
        server_header=False,
    )  # fmt: skip
    # LitServe's own process for queues must not outlive a killed server either.
    os.register_at_fork(after_in_child=lambda: end_with_parent(os.getppid()))
    with wrap_litserve_start(lit_server):
        server = Server(config, lit_server.inference_workers)
        while set(lit_server.workers_setup_status.values()) != {WorkerSetupStatus.READY}:
            server.check()
            time.sleep(0.05)
        yield server
        server.check()
