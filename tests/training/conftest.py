"""Training as a user calls it, in folders of a test's own."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import TINY, Command


@pytest.fixture
def train(run: Command, corpus: Path, tmp_path: Path) -> Any:
    return trainer(run, corpus, tmp_path)


@pytest.fixture
def train_fresh(run_fresh: Command, corpus: Path, tmp_path: Path) -> Any:
    return trainer(run_fresh, corpus, tmp_path)


def trainer(run: Command, corpus: Path, tmp_path: Path) -> Any:
    def call(name: str, *overrides: str, model: str = "gru") -> Path:
        folder = tmp_path / name
        done = run(
            "train", f"model={model}", f"data.path={corpus}", *TINY, *overrides,
            f"hydra.run.dir={folder}",
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return folder

    return call


@pytest.fixture
def finished(finished_run: Path, tmp_path: Path) -> Path:
    """A finished run that may be changed."""
    return Path(shutil.copytree(finished_run, tmp_path / "finished"))
