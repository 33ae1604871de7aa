"""A Hub of our own: a small repository on a loopback server, with faults if wanted."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.data.sources.hub_server import Faults, HubServer

NAME = "stanfordnlp/imdb"
ROWS = 2500
Serve = Callable[..., HubServer]  # faults to a started server
CARD = """---
dataset_info:
  config_name: plain_text
  features:
  - name: text
    dtype: string
  - name: label
    dtype:
      class_label:
        names:
          '0': neg
          '1': pos
  splits:
  - name: train
    num_bytes: 1000000
    num_examples: {rows}
configs:
- config_name: plain_text
  data_files:
  - split: train
    path: plain_text/train-*
  default: true
---
Made-up reviews.
"""


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small corpus as it lies on the Hub: sorted by label, in several row groups."""
    folder = tmp_path_factory.mktemp("repository")
    return write_repository(folder, ROWS)


def write_repository(folder: Path, rows_on_card: int) -> Path:
    (folder / "plain_text").mkdir()
    texts = [f"A made-up review, number {i}: {os.urandom(200).hex()}" for i in range(ROWS)]
    labels = [int(i >= ROWS // 2) for i in range(ROWS)]
    file = folder / "plain_text" / "train-00000-of-00001.parquet"
    pq.write_table(pa.table({"text": texts, "label": labels}), file, row_group_size=500)
    (folder / "README.md").write_text(CARD.format(rows=rows_on_card))
    return folder


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No fetch of a test reads or writes the user's own cache, or asks a real Hub."""
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf_home"))
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    for variable in ("HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE", "TRANSFORMERS_OFFLINE"):
        monkeypatch.delenv(variable, raising=False)


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch, repository: Path) -> Iterator[Serve]:
    """Start a server with the given faults and make it the Hub."""
    started = []

    def start(folder: Path = repository, **faults: Any) -> HubServer:
        server = HubServer(folder, NAME, Faults(**faults)).__enter__()
        started.append(server)
        monkeypatch.setenv("HF_ENDPOINT", server.endpoint)
        return server

    yield start
    for server in started:
        server.__exit__(None, None, None)
