"""Bundles of the finished run, as the command writes them."""

from __future__ import annotations

from pathlib import Path

import pytest

from rnn_sentiment import export


@pytest.fixture(scope="session")
def bundle(finished_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a bundle, with the zip file beside it; for reading only."""
    folder = tmp_path_factory.mktemp("bundles") / "bundle"
    export.run([f"run={finished_run}", f"out={folder}", "zip=true", "license=mit"])
    return folder
