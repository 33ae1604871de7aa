"""Find the run folders below given folders."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from rnn_sentiment.errors import UserError
from rnn_sentiment.manifest import CONFIG

SIGNS = {"results.json", "predictions.parquet"}  # a folder with one of these holds a run


def run_folders(folders: Iterable[Path]) -> list[Path]:
    """All run folders at or under `folders`, finished or not; links are not followed.

    Raises:
        UserError: a folder does not exist.
    """
    found: set[Path] = set()
    for top in folders:
        if not top.is_dir():
            raise UserError(f"{top} is not a folder; give run folders, or folders that hold them")
        for path, inner, files in os.walk(top):
            if SIGNS & {*files, *inner} or os.path.exists(f"{path}/{CONFIG}"):
                found.add(Path(path))
    return sorted(found)
