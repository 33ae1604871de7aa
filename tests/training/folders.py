"""What a finished run has left in its folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd


def predictions(folder: Path) -> pd.DataFrame:
    return pd.read_parquet(folder / "predictions.parquet")


def results(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "results.json").read_text())
    return found
