"""A small demo corpus, a cache of its own, and the commands as a user calls them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from rnn_sentiment.data.sources import demo_reviews as demo

torch.set_num_threads(1)

Command = Callable[..., subprocess.CompletedProcess[str]]

# The smallest run that still trains: a second or two beside the imports.
TINY = (
    "data.fingerprint=null",
    "data.batch_size=32",
    "embedding.dim=8",
    "trainer.precision=32-true",
    "trainer.max_epochs=2",
)


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return demo.write(tmp_path_factory.mktemp("corpus"), num_train=300, num_test=200, seed=0)


@pytest.fixture
def environment(cache: Path) -> dict[str, str]:
    return {**os.environ, "OMP_NUM_THREADS": "1", "RNN_SENTIMENT_CACHE": str(cache)}


@pytest.fixture
def run(environment: dict[str, str], tmp_path: Path) -> Command:
    """Call `python -m rnn_sentiment.NAME ARGUMENTS` in an empty folder."""

    def call(
        name: str, *arguments: str, cwd: Path = tmp_path, **more: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", f"rnn_sentiment.{name}", *arguments],
            capture_output=True,
            text=True,
            cwd=cwd,
            env={**environment, **more},
            timeout=300,
        )

    return call
