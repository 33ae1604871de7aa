"""Figures that are not measured by runs, from files beside the runs."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from rnn_sentiment.errors import UserError
from rnn_sentiment.storage import printable, read_json


def read_evidence(folders: Sequence[Path]) -> dict[str, float]:
    """Figures from all `evidence.json` under the folders.

    Raises:
        UserError: a file does not contain names and numbers.
    """
    found: dict[str, float] = {}
    for top in folders:
        for path, _, files in os.walk(top):
            if "evidence.json" in files:
                file = Path(path) / "evidence.json"
                stated = read_json(file)
                if not isinstance(stated, dict) or not all(
                    isinstance(value, (int, float)) and abs(value) < 2**53  # no NaN either
                    for value in stated.values()
                ):
                    raise UserError(f"{file}: an object of names and numbers is expected")
                found |= {printable(name): float(value) for name, value in stated.items()}
    return found
