"""Fetching a GloVe release: only what is needed, once, whole or not at all."""

from __future__ import annotations

import os
import threading
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

from rnn_sentiment.embeddings.vectors.fetch import REPOSITORY, Release, archive_of, fetch_release
from rnn_sentiment.errors import UserError
from tests.data.sources.hub_server import Faults, HubServer

Serve = Callable[..., HubServer]
SMALL = "the 0.1 0.2\nfilm 0.3 0.4\n"


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive as it lies on the Hub, in which the member wanted is a small one."""
    folder = tmp_path_factory.mktemp("repository")
    with zipfile.ZipFile(folder / "glove.6B.zip", "w") as archive:
        archive.writestr("glove.6B.100d.txt", os.urandom(40 << 20))
        archive.writestr("glove.6B.50d.txt", SMALL)
        archive.writestr("glove.6B.200d.txt", os.urandom(1000))
    with zipfile.ZipFile(folder / "glove.twitter.27B.zip", "w") as archive:
        archive.writestr("../glove.twitter.27B.25d.txt", SMALL)
    (folder / "glove.42B.300d.zip").write_bytes(b"PK no archive" * 9)
    return folder


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    for variable in ("HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE", "TRANSFORMERS_OFFLINE"):
        monkeypatch.delenv(variable, raising=False)


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch, repository: Path) -> Iterator[Serve]:
    started = []

    def start(**faults: Any) -> HubServer:
        server = HubServer(repository, REPOSITORY, Faults(**faults), kind="models").__enter__()
        started.append(server)
        monkeypatch.setenv("HF_ENDPOINT", server.endpoint)
        return server

    yield start
    for server in started:
        server.__exit__(None, None, None)


def refusal(name: Release, cache: Path) -> str:
    with pytest.raises(UserError) as raised:
        fetch_release(name, cache)
    line = str(raised.value)
    assert f"glove.{name}" in line
    assert "\n" not in line
    assert list((cache / "glove").glob("*.txt")) == list((cache / "glove").glob(".fetch-*")) == []
    return line


def test_fetches_one_member_once_and_little_else(serve: Serve, tmp_path: Path) -> None:
    server = serve()
    file = fetch_release("6B.50d", tmp_path)
    assert file == tmp_path / "glove" / "glove.6B.50d.txt"
    assert file.read_text() == SMALL
    ranges = [request.range.removeprefix("bytes=") for request in server.data_requests()]  # type: ignore[union-attr]
    asked = sum(int(end) - int(start) + 1 for start, end in (r.split("-") for r in ranges))
    assert asked < 35 << 20  # of 40 MiB: the 100d member is not read
    before = len(server.requests)
    assert fetch_release("6B.50d", tmp_path) == file
    assert len(server.requests) == before
    file.write_text(SMALL.replace("0.3", "0.2"))
    with pytest.raises(UserError, match="has changed since it was downloaded; remove it"):
        fetch_release("6B.50d", tmp_path)


def test_runs_that_start_together_fetch_once(serve: Serve, tmp_path: Path) -> None:
    server = serve()
    threads = [threading.Thread(target=fetch_release, args=("6B.50d", tmp_path)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [p.name for p in (tmp_path / "glove").glob("*.txt")] == ["glove.6B.50d.txt"]
    assert sum(r.path == f"/api/models/{REPOSITORY}" for r in server.requests) <= 2


def test_every_release_has_an_archive_of_the_repository() -> None:
    assert {archive_of(name) for name in get_args(Release)} == {
        "glove.6B.zip",
        "glove.42B.300d.zip",
        "glove.840B.300d.zip",
        "glove.twitter.27B.zip",
    }


def test_an_archive_with_names_that_lead_outside_is_refused(serve: Serve, tmp_path: Path) -> None:
    serve()
    assert "outside the archive" in refusal("twitter.27B.25d", tmp_path)


def test_what_is_no_archive_is_one_line(serve: Serve, tmp_path: Path) -> None:
    serve()
    line = refusal("42B.300d", tmp_path)
    assert "not a zip file" in line
    assert "embedding.path=FILE" in line


def test_a_missing_archive_is_one_line(serve: Serve, tmp_path: Path) -> None:
    serve()
    assert "glove.840B.300d.zip" in refusal("840B.300d", tmp_path)


def test_a_hub_that_cannot_be_reached_is_one_line(tmp_path: Path) -> None:
    line = refusal("6B.50d", tmp_path)
    assert "127.0.0.1:9: unreachable" in line
    assert "embedding.path=FILE" in line


@pytest.mark.slow
def test_a_silent_hub_is_one_line(serve: Serve, tmp_path: Path) -> None:
    serve(silent=True)
    assert "no answer within 5 s" in refusal("6B.50d", tmp_path)


def test_offline_mode_asks_nobody(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve()
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert "HF_HUB_OFFLINE" in refusal("6B.50d", tmp_path)
    assert server.requests == []


@pytest.mark.slow
@pytest.mark.fault("a19")
@pytest.mark.parametrize(
    "faults",
    [
        pytest.param({"file_status": 503}, marks=pytest.mark.battery),  # asked again and again
        {"file_status": 404},
        pytest.param({"cut_at": 10_000}, marks=pytest.mark.battery),
    ],
)
def test_a_download_that_fails_is_one_line(serve: Serve, tmp_path: Path, faults: Any) -> None:
    serve(**faults)
    assert "cannot fetch" in refusal("6B.100d", tmp_path)
