"""Tables in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd


def table(rows: Iterable[Mapping[str, object]]) -> str:
    """A Markdown table with a line for each row; the first row's keys are its header.

    An empty key makes an empty header cell.
    """
    rows = list(rows)
    lines = [line([*rows[0]]), line(["---"] * len(rows[0]), "")]
    return "\n".join([*lines, *(line([*row.values()]) for row in rows)])


def line(cells: Sequence[object], space: str = " ") -> str:
    """A line of a table."""
    return "|" + "|".join(f"{space}{cell}{space}" if cell != "" else " " for cell in cells) + "|"


def mean_and_sd(values: Any, digits: int = 2) -> str:
    """Mean ± standard deviation over seeds; a single value stays as it is, none gives nothing."""
    known = pd.Series(values, dtype=float).dropna()
    if known.empty:
        return ""
    spread = f" ± {known.std():.{digits}f}" if len(known) > 1 else ""
    return f"{known.mean():.{digits}f}{spread}"
