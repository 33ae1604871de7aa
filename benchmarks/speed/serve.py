"""How many requests a server answers, how fast, and whether it loses any at its end.

    python -m benchmarks.speed.serve

Trains `model=gru` for a moment on the demo corpus, serves it on this machine, and asks `/predict`
about demo reviews, from `CLIENTS` connections at a time for `SECONDS` each. A client asks again as
soon as it has an answer. At last the server is told to stop (SIGTERM) while the most clients ask; a
request is lost if all of it was sent and no answer came. Writes `serve.csv`, a row for each number
of clients.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.markdown import table
from benchmarks.runs import train
from rnn_sentiment.data.sources import demo_reviews

DATA = Path(__file__).with_name("serve.csv")
CLIENTS = (1, 8, 64)
SECONDS, WARM_UP = 15.0, 2.0


class Load:
    """Clients of a server, and what they saw.

    Args:
        port: of the server.
    """

    def __init__(self, port: int) -> None:
        self.port = port
        bodies = (json.dumps({"text": text}).encode() for text, _ in demo_reviews.reviews(200, 1))
        head = b"POST /predict HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n"
        self.requests = itertools.cycle(
            [head + b"content-length: %d\r\n\r\n" % len(body) + body for body in bodies]
        )
        self.seconds: list[float] = []  # that each answer took
        self.lost = 0
        self.end = 0.0

    async def run(self, clients: int, seconds: float) -> None:
        """Ask from several connections at a time."""
        self.end = time.perf_counter() + seconds
        await asyncio.gather(*(self.client() for _ in range(clients)))

    async def client(self) -> None:
        """Ask until time is over or nobody listens."""
        while time.perf_counter() < self.end:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            except ConnectionRefusedError:
                return
            try:
                while time.perf_counter() < self.end:
                    writer.write(next(self.requests))
                    started = time.perf_counter()
                    await writer.drain()
                    goes_on = await answered(reader)
                    self.seconds.append(time.perf_counter() - started)
                    if not goes_on:
                        break
            except (asyncio.IncompleteReadError, ConnectionError):
                self.lost += 1
            writer.close()


async def answered(reader: asyncio.StreamReader) -> bool:
    """Read an answer; whether the connection stays open."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    status, *lines = head.decode().split("\r\n")
    assert status.startswith("http/1.1 200"), status
    headers = dict(line.split(": ", 1) for line in lines if line)
    await reader.readexactly(int(headers["content-length"]))
    return headers.get("connection") != "close"


def measure(run: Path) -> Iterator[dict[str, Any]]:
    """A row for each number of clients, and one for the end."""
    command = [sys.executable, "-m", "rnn_sentiment.serve", f"run={run}", "port=0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        port = int(server.stdout.readline().split()[0].rpartition(":")[2])
        for clients in CLIENTS:
            asyncio.run(Load(port).run(clients, WARM_UP))
            load = Load(port)
            asyncio.run(load.run(clients, SECONDS))
            yield row(load, clients, "", SECONDS)
        load = Load(port)
        asyncio.run(stopped(load, server))
        yield row(load, CLIENTS[-1], "SIGTERM", WARM_UP)


async def stopped(load: Load, server: subprocess.Popen[str]) -> None:
    """Stop the server while clients ask."""
    asking = asyncio.create_task(load.run(CLIENTS[-1], SECONDS))
    await asyncio.sleep(WARM_UP)
    server.terminate()
    await asking


def row(load: Load, clients: int, end: str, seconds: float) -> dict[str, Any]:
    """What clients saw."""
    p50, p99 = 1000 * np.percentile(load.seconds, (50, 99))
    return {
        "clients": clients,
        "end": end,
        "answers": len(load.seconds),
        "per_second": round(len(load.seconds) / seconds, 1),
        "p50_ms": round(p50, 2),
        "p99_ms": round(p99, 2),
        "lost": load.lost,
    }


def table_of_requests() -> str:
    """Requests a second and milliseconds by the number of clients, and what was lost at the end."""
    data = pd.read_csv(DATA, keep_default_na=False)
    return table(
        {
            "clients": f"{one.clients}, then SIGTERM" if one.end else one.clients,
            "answers": f"{one.answers:,}",
            "answers / s": "" if one.end else f"{one.per_second:,.0f}",
            "p50, ms": f"{one.p50_ms:.1f}",
            "p99, ms": f"{one.p99_ms:.1f}",
            "lost": one.lost,
        }
        for one in data.itertuples()
    )


def main() -> None:
    """Measure and write the data."""
    with tempfile.TemporaryDirectory() as work:
        run = Path(work) / "run"
        train(run, ["model=gru", "data=demo", "data.demo_sizes=[300,100]", "trainer.max_epochs=1"])
        rows = list(measure(run))
    pd.DataFrame(rows).to_csv(DATA, index=False)
    print(table_of_requests())


if __name__ == "__main__":
    main()
