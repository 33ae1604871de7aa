"""The Hub source against a loopback server that can go wrong in every way that matters."""

from __future__ import annotations

import os
import socket
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rnn_sentiment.data.parquet import declared_labels
from rnn_sentiment.data.sources import HubSource
from rnn_sentiment.data.sources import hub_fetch as hub
from rnn_sentiment.data.sources.hub_fetch import HubDataset
from rnn_sentiment.errors import UserError
from tests.data.sources.conftest import CARD, NAME, ROWS, Serve, write_repository

pytestmark = pytest.mark.slow

NOT_THE_USERS_FAULT = (
    "unreachable", "offline mode", "no progress", "cut off", "too many requests", "server error",
)  # fmt: skip


def contents(file: Path) -> list[tuple[str, int]]:
    table = pq.read_table(file)
    return sorted(zip(table["text"].to_pylist(), table["label"].to_pylist(), strict=True))


def original(folder: Path) -> list[tuple[str, int]]:
    return contents(folder / "plain_text" / "train-00000-of-00001.parquet")


def failing_fetch(folder: Path, within: float, split: str = "train", name: str = NAME) -> str:
    """Fetch, expect one clear line in time and no file, and give the line."""
    start = time.monotonic()
    with pytest.raises(UserError) as raised:
        hub.fetch(HubDataset(name), split, folder)
    passing = isinstance(raised.value, hub.Unreachable)
    assert passing is any(word in str(raised.value) for word in NOT_THE_USERS_FAULT)
    assert time.monotonic() - start < within
    line = str(raised.value)
    assert "\n" not in line
    assert name in line
    assert "data.path=FOLDER" in line
    assert "data=demo" in line
    assert [p for p in folder.rglob("*") if p.is_file()] == []
    return line


def test_spools_the_split_once_and_then_needs_no_server(
    serve: Serve, repository: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    before = dict(os.environ)
    server = serve()
    before["HF_ENDPOINT"] = server.endpoint
    file = hub.fetch(HubDataset(NAME), "train", tmp_path / "spool")

    assert file == tmp_path / "spool" / "train-00000-of-00001.parquet"
    assert contents(file) == original(repository)
    assert pq.read_schema(file).remove_metadata() == pa.schema(
        [("text", pa.string()), ("label", pa.int64())]
    )
    footer = pq.read_metadata(file)
    assert [footer.row_group(i).num_rows for i in range(footer.num_row_groups)] == [1000, 1000, 500]
    assert all(request.range for request in server.data_requests())
    assert f"{ROWS}/{ROWS}" in capfd.readouterr().err  # the progress bar
    assert dict(os.environ) == before
    assert [p for p in (tmp_path / "spool").rglob("*") if p.is_file()] == [file]

    asked = len(server.requests)
    assert hub.fetch(HubDataset(NAME), "train", tmp_path / "spool") == file
    assert len(server.requests) == asked


@pytest.mark.fault("a20")
def test_goes_on_where_the_connection_was_cut(
    serve: Serve, repository: Path, tmp_path: Path
) -> None:
    server = serve(cut_at=500_000, cut_times=1)
    assert contents(hub.fetch(HubDataset(NAME), "train", tmp_path)) == original(repository)
    assert any(
        (request.range or "").startswith("bytes=500000-") for request in server.data_requests()
    )


@pytest.mark.battery
@pytest.mark.fault("a20")
def test_survives_a_server_that_cuts_every_answer_short(
    serve: Serve, repository: Path, tmp_path: Path
) -> None:
    serve(cut_after=200_000)
    assert contents(hub.fetch(HubDataset(NAME), "train", tmp_path)) == original(repository)


@pytest.mark.battery
@pytest.mark.fault("a19")
def test_survives_one_server_error(serve: Serve, repository: Path, tmp_path: Path) -> None:
    serve(file_status=503, file_status_times=1)
    assert contents(hub.fetch(HubDataset(NAME), "train", tmp_path)) == original(repository)


@pytest.mark.battery
@pytest.mark.fault("a20")
def test_a_file_that_always_ends_early_is_one_line(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "PATIENCE", 2.0)
    serve(cut_at=500_000)
    assert "cut off in mid-file" in failing_fetch(tmp_path, within=60)


@pytest.mark.battery
@pytest.mark.fault("a19")
def test_a_server_that_stops_sending_is_one_line(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "STALLED_AFTER", 4.0)
    serve(silent_after=1)
    assert "no progress for 4 s" in failing_fetch(tmp_path, within=60)


@pytest.mark.battery
@pytest.mark.fault("a19")
def test_a_slow_server_is_waited_for(
    serve: Serve, repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "STALLED_AFTER", 4.0)  # each second of bytes counts as progress
    serve(bytes_per_second=200_000)
    assert contents(hub.fetch(HubDataset(NAME), "train", tmp_path)) == original(repository)


@pytest.mark.battery
def test_a_short_corpus_is_refused(serve: Serve, tmp_path: Path) -> None:
    (tmp_path / "repository").mkdir()
    serve(write_repository(tmp_path / "repository", ROWS + 1))
    assert f"incomplete, {ROWS} of {ROWS + 1} rows" in failing_fetch(tmp_path / "spool", within=60)


def test_a_split_that_is_not_there_is_remembered_as_absent(serve: Serve, tmp_path: Path) -> None:
    server = serve()
    assert hub.fetch(HubDataset(NAME), "dev", tmp_path) is None
    asked = len(server.requests)
    assert hub.fetch(HubDataset(NAME), "dev", tmp_path) is None
    assert len(server.requests) == asked


def test_an_unknown_column_is_one_line_that_names_the_columns(serve: Serve, tmp_path: Path) -> None:
    serve()
    with pytest.raises(
        UserError, match=r"no column \['review'\], only \['text', 'label'\]"
    ) as raised:
        hub.fetch(HubDataset(NAME, text_column="review"), "train", tmp_path)
    assert not isinstance(raised.value, hub.Unreachable)


def test_the_names_of_classes_travel(serve: Serve, tmp_path: Path) -> None:
    serve()
    file = hub.fetch(HubDataset(NAME), "train", tmp_path)
    assert file is not None
    assert declared_labels(file) == ("neg", "pos")


@pytest.mark.battery
def test_lists_of_labels_travel(serve: Serve, tmp_path: Path) -> None:
    repository = tmp_path / "repository"
    (repository / "plain_text").mkdir(parents=True)
    rows = {"text": ["a", "b", "c"], "label": [[1, 0], [], [1]]}
    pq.write_table(pa.table(rows), repository / "plain_text" / "train-00000-of-00001.parquet")
    card = CARD.format(rows=3)
    card = card.replace("    dtype:\n      class_label", "    list:\n      class_label")
    (repository / "README.md").write_text(card)
    serve(repository)
    corpus = HubSource(NAME).open(tmp_path / "cache").corpus
    assert (corpus.labels, corpus.several) == (("neg", "pos"), True)
    assert [*corpus.read("train")] == [(["a", "b", "c"], [0b11, 0, 0b10])]


@pytest.mark.fault("a19")
@pytest.mark.parametrize("status", [404, 500])
def test_an_api_that_refuses_is_one_line(serve: Serve, tmp_path: Path, status: int) -> None:
    server = serve(api_status=status)
    line = failing_fetch(tmp_path, within=12)
    assert str(status) in line
    assert server.endpoint.removeprefix("http://") in line


@pytest.mark.fault("a19")
@pytest.mark.parametrize(
    "status", [404, *(pytest.param(status, marks=pytest.mark.battery) for status in (429, 500))]
)
def test_a_file_that_is_refused_is_one_line(serve: Serve, tmp_path: Path, status: int) -> None:
    serve(file_status=status)
    line = failing_fetch(tmp_path, within=60)
    assert str(status) in line
    assert "'train'" in line


def test_an_unknown_data_set_is_one_line(serve: Serve, tmp_path: Path) -> None:
    serve()
    assert "not found (404)" in failing_fetch(tmp_path, within=12, name="nobody/nothing")


def test_a_closed_port_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{port}")
    assert f"127.0.0.1:{port}: unreachable" in failing_fetch(tmp_path, within=12)


@pytest.mark.battery
@pytest.mark.fault("a19")
def test_a_silent_server_is_one_line(serve: Serve, tmp_path: Path) -> None:
    serve(silent=True)
    assert "no answer within 5 s" in failing_fetch(tmp_path, within=12)


def test_offline_mode_asks_nobody(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve()
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert "HF_HUB_OFFLINE" in failing_fetch(tmp_path, within=12)
    assert server.requests == []


def test_a_mistyped_endpoint_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "not a url")
    assert "unreachable" in failing_fetch(tmp_path, within=12)
