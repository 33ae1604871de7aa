"""A bundle is sent to a Hub: here, to a small one on the loopback device."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import SECRET, Command


class Hub(ThreadingHTTPServer):
    """Takes repositories and commits, and keeps what it was sent."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.created: list[dict[str, Any]] = []
        self.files: dict[str, bytes] = {}
        self.tokens: set[str | None] = set()
        self.refuses = False

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    server: Hub

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.tokens.add(self.headers.get("Authorization"))
        if self.server.refuses:
            self.answer({"error": "You don't have the rights"}, 403)
        elif self.path == "/api/repos/create":
            self.server.created.append(json.loads(body))
            self.answer({"url": f"{self.server.address}/ada/films"})
        elif self.path == "/api/models/ada/films/preupload/main":
            files = json.loads(body)["files"]
            modes = [
                {"path": file["path"], "uploadMode": "regular", "shouldIgnore": False}
                for file in files
            ]
            self.answer({"files": modes})
        elif self.path.startswith("/api/models/ada/films/commit/main"):
            for line in map(json.loads, body.splitlines()):
                if line["key"] == "file":
                    file = line["value"]
                    self.server.files[file["path"]] = base64.b64decode(file["content"])
            self.answer(
                {"commitUrl": f"{self.server.address}/ada/films/commit/1", "commitOid": "1"}
            )
        else:
            self.answer({})

    def do_GET(self) -> None:
        self.answer({"id": "ada/films", "sha": "0", "siblings": []})

    def answer(self, stated: dict[str, Any], code: int = 200) -> None:
        content = json.dumps(stated).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *arguments: Any) -> None:
        pass


@pytest.fixture
def hub() -> Iterator[Hub]:
    with Hub() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def push(run: Command, finished_run: Path, folder: Path, address: str) -> Any:
    return run(
        "export", f"run={finished_run}", f"out={folder}", "push=ada/films",
        HF_ENDPOINT=address, HF_TOKEN=SECRET, HF_HUB_DISABLE_TELEMETRY="1", HF_HUB_OFFLINE="0",
    )  # fmt: skip


def test_the_files_of_the_bundle_arrive_with_the_users_token(run, finished_run, tmp_path, hub):
    done = push(run, finished_run, tmp_path / "bundle", hub.address)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == f"{hub.address}/ada/films/commit/1"
    assert hub.created[0]["name"] == "films"
    assert hub.files == {file.name: file.read_bytes() for file in (tmp_path / "bundle").iterdir()}
    assert hub.tokens == {f"Bearer {SECRET}"}
    assert SECRET not in done.stdout + done.stderr


def test_a_refusal_and_an_unreachable_hub_are_one_line(run, finished_run, tmp_path, hub):
    hub.refuses = True
    for address in (hub.address, "http://127.0.0.1:9"):
        done = push(run, finished_run, tmp_path / "bundle", address)
        assert done.returncode == 2, done.stderr
        assert done.stderr.startswith("error: push=ada/films: ")
        assert f"the bundle is in {tmp_path / 'bundle'}" in done.stderr
        assert done.stderr.count("\n") == 1, done.stderr
