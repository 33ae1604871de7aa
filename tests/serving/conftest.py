"""A server of the finished run."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest


class Serving(NamedTuple):
    """A running server."""

    process: subprocess.Popen[str]
    port: int

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(
        self, path: str, body: Any = None, sent: Callable[[], object] = lambda: None
    ) -> tuple[int, Any, dict[str, str]]:
        """Status, contents and headers of an answer; POST where there is a body.

        `sent` is called when the request has left.
        """
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        data = body if isinstance(body, bytes) else json.dumps(body)
        if body is None:
            connection.request("GET", path)
        else:
            connection.request("POST", path, data, {"Content-Type": "application/json"})
        sent()
        answer = connection.getresponse()
        contents, headers = answer.read().decode(), dict(answer.getheaders())
        connection.close()
        is_json = headers.get("content-type") == "application/json"
        return answer.status, json.loads(contents) if is_json else contents, headers


@pytest.fixture(scope="module")
def serving(preloaded_python: Path, finished_run: Path, tmp_path_factory) -> Iterator[Serving]:
    with subprocess.Popen(
        [str(preloaded_python), "-m", "rnn_sentiment.serve", f"run={finished_run}", "port=0"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=dict(os.environ),
        cwd=tmp_path_factory.mktemp("serving"),
    ) as process:  # fmt: skip
        try:
            assert process.stdout
            line = process.stdout.readline()
            assert line.endswith("answers until Ctrl-C\n"), process.communicate()
            yield Serving(process, int(line.split()[0].rpartition(":")[2]))
        finally:
            process.terminate()
