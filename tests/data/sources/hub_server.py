"""A loopback server that speaks the part of the Hub's HTTP API which reading a repository uses.

    GET       /api/datasets/NAME[/revision/REV]           the repository: commit and file names
    GET       /api/datasets/NAME/tree/REV[/FOLDER]        the files of a folder, with their sizes
    POST      /api/datasets/NAME/paths-info/REV           sizes of the paths in the form
    GET, HEAD /datasets/NAME/resolve/REV/PATH             a small file; a parquet file redirects to
    GET, HEAD /files/PATH                                 the contents, with ETag and byte ranges

A repository of models is served in the same way, under /api/models and, for files, under /NAME.
As on the Hub, parquet and zip files lie behind a redirect that carries their size and ETag, and
everything that does not exist answers 404 with an `X-Error-Code`.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

COMMIT = "e6281661ce1c48d982bc483cf8a173c1bbeb5d31"
DATA = (".parquet", ".zip")  # what lies behind a redirect, and what the faults befall
CHUNK = 16 * 1024  # bytes per write, so that a slow or cut answer is cut in mid-file


@dataclass
class Faults:
    """What goes wrong; every default means nothing does.

    `cut_at` closes the connection before that byte of a data file, counted from the file's start,
    and `cut_after` after so many bytes of an answer; both `cut_times` times (None: each time).
    `api_status` and `file_status` are answered in place of the API's pages and of data files.
    `silent` accepts and never answers, `silent_after` only from the data request of that number.
    """

    bytes_per_second: float | None = None
    cut_at: int | None = None
    cut_after: int | None = None
    cut_times: int | None = None
    api_status: int | None = None
    file_status: int | None = None
    file_status_times: int | None = None
    silent: bool = False
    silent_after: int | None = None


@dataclass
class Request:
    """One request as the server saw it."""

    method: str
    path: str
    range: str | None


@dataclass
class HubServer:
    """Serve `folder` (for a data set: README.md, plain_text/*.parquet) as repository `name`.

    A context manager; `endpoint` is the value for HF_ENDPOINT, `requests` the log.
    """

    folder: Path
    name: str = "stanfordnlp/imdb"
    faults: Faults = field(default_factory=Faults)
    requests: list[Request] = field(default_factory=list)
    kind: str = "datasets"
    stopping: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> HubServer:
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.hub = self
        self.endpoint = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def data_requests(self) -> list[Request]:
        """The requests for the contents of a data file."""
        return [r for r in self.requests if r.path.startswith("/files/") and r.method == "GET"]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    hub: HubServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is part of the tests, so it is not reported."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet: `HubServer.requests` is the log."""

    def do_GET(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        hub, faults = self.server.hub, self.server.hub.faults
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        path = unquote(urlsplit(self.path).path)
        hub.requests.append(Request(self.command, path, self.headers.get("Range")))
        is_data = path.startswith("/files/")
        if faults.silent or (
            faults.silent_after is not None
            and is_data
            and len(hub.data_requests()) > faults.silent_after
        ):
            hub.stopping.wait(120)
            self.close_connection = True
            return
        if is_data and faults.file_status and faults.file_status_times != 0:
            if faults.file_status_times is not None:
                faults.file_status_times -= 1
            return self._send_status(faults.file_status)
        if path.startswith("/api/") and faults.api_status:
            return self._send_status(faults.api_status)
        if is_data:
            return self._send_file(hub.folder / path.removeprefix("/files/"))
        api = re.fullmatch(
            rf"/api/{hub.kind}/{hub.name}(?:/(revision|tree|paths-info)/([^/]+)/?(.*))?", path
        )
        if api:
            return self._send_api(api[1], api[3] or "", body)
        folder = "" if hub.kind == "models" else f"{hub.kind}/"
        resolve = re.fullmatch(rf"/(?:api/)?{folder}{hub.name}/resolve/[^/]+/(.+)", path)
        if resolve:
            return self._send_resolve(resolve[1])
        self._send_status(404, "RepoNotFound")

    def _send_api(self, kind: str | None, folder: str, body: bytes) -> None:
        root = self.server.hub.folder
        if kind == "tree":
            found = sorted((root / folder).rglob("*"))
            if parse_qs(urlsplit(self.path).query).get("recursive", [""])[0].lower() != "true":
                found = [p for p in found if p.parent == root / folder]
            if not (root / folder).is_dir():
                return self._send_status(404, "EntryNotFound")
            return self._send_json([self._entry(p) for p in found])
        if kind == "paths-info":
            form = body.decode()
            asked = json.loads(form) if form.startswith("{") else parse_qs(form)
            paths = [root / p for p in asked.get("paths", [])]
            return self._send_json([self._entry(p) for p in paths if p.exists()])
        files = [p for p in sorted(root.rglob("*")) if p.is_file()]
        self._send_json(
            {
                "id": self.server.hub.name,
                "sha": COMMIT,
                "private": False,
                "siblings": [{"rfilename": p.relative_to(root).as_posix()} for p in files],
            }
        )

    def _entry(self, path: Path) -> dict[str, Any]:
        name = path.relative_to(self.server.hub.folder).as_posix()
        if path.is_dir():
            return {"type": "directory", "oid": COMMIT, "size": 0, "path": name}
        return {"type": "file", "oid": _etag(path), "size": path.stat().st_size, "path": name}

    def _send_resolve(self, name: str) -> None:
        path = self.server.hub.folder / name
        if not path.is_file():
            return self._send_status(404, "EntryNotFound")
        if path.suffix not in DATA:
            return self._send_file(path)
        self.send_response(302)
        self.send_header("Location", f"{self.server.hub.endpoint}/files/{name}")
        self.send_header("X-Repo-Commit", COMMIT)
        self.send_header("X-Linked-Size", str(path.stat().st_size))
        self.send_header("X-Linked-Etag", f'"{_etag(path)}"')
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _send_file(self, path: Path) -> None:
        if not path.is_file():
            return self._send_status(404, "EntryNotFound")
        contents = path.read_bytes()
        start, end = 0, len(contents)
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if asked:
            start = int(asked[1])
            end = min(end, int(asked[2]) + 1) if asked[2] else end
            if start >= len(contents):
                return self._send_status(416)
        self.send_response(206 if asked else 200)
        if asked:
            self.send_header("Content-Range", f"bytes {start}-{end - 1}/{len(contents)}")
        self.send_header("Content-Length", str(end - start))
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("ETag", f'"{_etag(path)}"')
        self.send_header("X-Repo-Commit", COMMIT)
        self.end_headers()
        if self.command != "HEAD":
            self._send_contents(contents, start, end, path.suffix in DATA)

    def _send_contents(self, contents: bytes, start: int, end: int, is_data: bool) -> None:
        faults = self.server.hub.faults
        stop = end
        if is_data and faults.cut_times != 0:
            if faults.cut_at is not None and start <= faults.cut_at < end:
                stop = faults.cut_at
            if faults.cut_after is not None:
                stop = min(stop, start + faults.cut_after)
        for position in range(start, stop, CHUNK):
            chunk = contents[position : min(position + CHUNK, stop)]
            self.wfile.write(chunk)
            if is_data and faults.bytes_per_second:
                time.sleep(len(chunk) / faults.bytes_per_second)
        if stop < end:
            if faults.cut_times is not None:
                faults.cut_times -= 1
            self.close_connection = True

    def _send_json(self, value: Any) -> None:
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Repo-Commit", COMMIT)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _send_status(self, status: int, code: str | None = None) -> None:
        self.send_response(status)
        if code:
            self.send_header("X-Error-Code", code)
        self.send_header("Content-Length", "0")
        self.end_headers()


def _etag(path: Path) -> str:
    return hashlib.sha1(str(path).encode()).hexdigest()
