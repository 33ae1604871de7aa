"""The child process of `hub_fetch.py`: stream a split, and tell the parent in lines of JSON.

    python hub_stream.py PATIENCE NAME SUBSET SPLIT TEXT_COLUMN LABEL_COLUMN FILE

The messages are {"rows", "total"} and {"bytes"} for progress, {"done": true} at the end,
{"absent": true} where there is no such split, or else {"status"}, the HTTP status that the Hub
refused with, or {"problem", "passing"}, a line of text and whether the connection is to blame. It
imports nothing from the package, so that it starts without torch.
"""

from __future__ import annotations

import json
import os
import re
import sys
import time
from collections.abc import Iterator
from typing import Any

ROW_GROUP = 1000  # rows
MAX_SERVER_ERRORS = 3  # answers of status 500 and above in a row


class _GaveUp(Exception):
    """Requests failed for so long that more retries would only hide it."""


class _Connection:
    """What the client's requests came to, and how long they have been failing."""

    def __init__(self, patience: float, send: Any) -> None:
        self.patience, self.send = patience, send
        self.progressed = self.reported = time.monotonic()
        self.server_errors = 0
        self.status = 0  # of the last answer
        self.problem = ""  # of the last request, if it failed on the way
        self.best: dict[str, int] = {}  # bytes got so far, by range of the latest request

    def answered(self, status: int) -> None:
        """Note an answer's status; give up on a server that keeps failing."""
        self.status = status
        self.problem = ""
        self.server_errors = self.server_errors + 1 if status >= 500 else 0
        if status == 429 or self.server_errors >= MAX_SERVER_ERRORS:
            raise _GaveUp(f"status {status}")

    def received(self, key: str, count: int) -> None:
        """Note bytes; only those beyond what an earlier try of the request got are progress."""
        if key not in self.best:
            self.best = {key: 0}
        if count > self.best[key]:
            self.best[key] = count
            self.progressed = now = time.monotonic()
            if now > self.reported + 1:
                self.reported = now
                self.send({"bytes": count})

    def failed(self, error: Exception, count: int) -> None:
        """Note a request that failed on the way, `count` bytes into its body."""
        how = "cut off in mid-file" if count or self.best else "no connection"
        self.problem = f"{how} ({type(error).__name__}: {error})"
        if time.monotonic() > self.progressed + self.patience:
            raise _GaveUp(self.problem) from error


def _install_client(connection: _Connection) -> None:
    """Let every request of the Hub's client report to `connection`."""
    import huggingface_hub
    from huggingface_hub.utils import httpx  # type: ignore[attr-defined]

    class Body(httpx.SyncByteStream):
        """An answer's body; where the connection is cut, it goes on from there."""

        def __init__(self, stream: Any, request: Any, client: Any) -> None:
            self.stream, self.request, self.client = stream, request, client
            self.key = f"{request.url} {request.headers.get('range')}"

        def __iter__(self) -> Iterator[bytes]:
            count, resumed_at = 0, 0
            while True:
                try:
                    for chunk in self.stream:
                        count += len(chunk)
                        connection.received(self.key, count)
                        yield chunk
                    break
                except httpx.TransportError as error:
                    connection.failed(error, count)
                    if count == resumed_at or not self.resume(count):
                        raise  # the Hub's client waits and asks again
                    resumed_at = count
            connection.problem = ""

        def resume(self, count: int) -> bool:
            """Ask for what is left of a byte range; False where the server does not give it."""
            asked = re.fullmatch(r"bytes=(\d+)-(\d+)", self.request.headers.get("range", ""))
            if not asked:
                return False
            headers = httpx.Headers(self.request.headers)
            headers["range"] = f"bytes={int(asked[1]) + count}-{asked[2]}"
            request = httpx.Request(
                "GET", self.request.url, headers=headers, extensions=self.request.extensions
            )
            self.stream.close()
            response = httpx.Client.send(self.client, request, stream=True)
            if response.status_code != 206:
                response.close()
                return False
            self.stream = response.stream
            return True

        def close(self) -> None:
            self.stream.close()

    class Client(httpx.Client):
        def send(self, request: Any, *, stream: bool = False, **options: Any) -> Any:
            try:
                response = super().send(request, stream=True, **options)
            except httpx.TransportError as error:
                connection.failed(error, 0)
                raise
            try:
                connection.answered(response.status_code)
                response.stream = Body(response.stream, response.request, self)
                if not stream:
                    response.read()
            except BaseException:
                response.close()
                raise
            return response

    huggingface_hub.set_client_factory(lambda: Client(follow_redirects=True, timeout=10.0))


def _stream(
    send: Any, name: str, subset: str, split: str, text: str, label: str, partial: str
) -> None:
    """Write the split to `partial`, in row groups, and check that it is whole."""
    import datasets
    import pyarrow as pa
    import pyarrow.parquet as pq

    datasets.config.USE_PARQUET_EXPORT = False  # another host; the data set's card says it all
    datasets.config.STREAMING_READ_RETRY_INTERVAL = 1
    datasets.config.STREAMING_OPEN_RETRY_INTERVAL = 1
    parts = datasets.load_dataset(name, subset or None, streaming=True)
    if split not in parts:
        send({"absent": True, "done": True})
        return
    rows = parts[split]
    known = (rows.info.splits or {}).get(split)
    total = known.num_examples if known else None
    labels = (rows.features or {}).get(label)
    several = isinstance(labels, datasets.List)
    one: Any = labels.feature if isinstance(labels, datasets.List) else labels
    metadata, kind = {}, pa.string()
    if isinstance(one, datasets.ClassLabel):
        feature: dict[str, Any] = {"names": one.names, "_type": "ClassLabel"}
        features = {"label": {"feature": feature, "_type": "List"} if several else feature}
        metadata = {"huggingface": json.dumps({"info": {"features": features}})}
    if isinstance(one, datasets.ClassLabel) or "int" in str(getattr(one, "dtype", "")):
        kind = pa.int64()
    if several:
        kind = pa.list_(kind)
    schema = pa.schema([("text", pa.string()), ("label", kind)], metadata=metadata)
    count = 0
    with open(partial, "wb") as file:
        with pq.ParquetWriter(file, schema) as writer:
            send({"rows": 0, "total": total})
            for table in rows.with_format("arrow").iter(batch_size=ROW_GROUP):
                missing = {text, label} - set(table.column_names)
                if missing:
                    raise ValueError(f"no column {sorted(missing)}, only {table.column_names}")
                chosen = table.select([text, label]).rename_columns(["text", "label"])
                writer.write_table(chosen.cast(schema))
                count += table.num_rows
                send({"rows": count})
        file.flush()
        os.fsync(file.fileno())
    if count != (total or count) or not count:
        raise ValueError(f"incomplete, {count} of {total or 'unknown'} rows")
    send({"rows": count, "done": True})


def _main(patience: str, *what: str) -> None:
    """Stream, and report progress and problems as lines of JSON on the standard output."""
    channel = os.fdopen(os.dup(1), "w", buffering=1, encoding="utf-8")
    os.dup2(2, 1)  # what a library prints is no message

    def send(message: dict[str, Any]) -> None:
        try:
            print(json.dumps(message), file=channel)
        except OSError:
            os._exit(1)  # the parent is gone, and nobody waits for the rest

    connection = _Connection(float(patience), send)
    try:
        _install_client(connection)
        _stream(send, *what)
    except Exception as error:
        # Libraries wrap and rename errors, so what the connection saw is asked first.
        words = " ".join(str(error).split())[:300]
        if connection.problem:
            send({"problem": connection.problem, "passing": True})
        elif isinstance(error, ValueError):
            send({"problem": words, "passing": False})
        elif connection.status >= 400:
            send({"status": connection.status})
        else:
            send({"problem": f"{type(error).__name__}: {words}", "passing": False})


if __name__ == "__main__":
    _main(*sys.argv[1:])
