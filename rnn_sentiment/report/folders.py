"""Where runs lie below the folders that a user names."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from rnn_sentiment.errors import UserError
from rnn_sentiment.manifest import CONFIG

SIGNS = {"results.json", "predictions.parquet"}  # a folder with one of these is that of a run


def run_folders(folders: Iterable[Path]) -> list[Path]:
    """All folders at or under `folders` that hold a run, finished or not; links are not followed.

    Raises:
        UserError: a folder does not exist.
    """
    found: set[Path] = set()
    for top in folders:
        if not top.is_dir():
            raise UserError(f"{top} is not a folder; give run folders or folders that hold some")
        for path, inner, files in os.walk(top):
            if SIGNS & {*files, *inner} or os.path.exists(f"{path}/{CONFIG}"):
                found.add(Path(path))
    return sorted(found)
