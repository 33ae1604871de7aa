"""The matrix of who beats whom: each row's lead over each column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from rnn_sentiment.report.row import Row
from rnn_sentiment.report.verdicts import Verdict

MOST = 12  # rows that a screen has room for


@dataclass(frozen=True)
class Cell:
    """One row against one column: `better`, `worse`, `equivalent`, `undecided` or empty.

    Attributes:
        text: difference in test accuracy, row − column, in points with its sign.
        sentence: the verdict in words.
    """

    kind: str = ""
    text: str = ""
    sentence: str = ""


def matrix(rows: Sequence[Row], verdicts: Sequence[Verdict]) -> list[list[Cell]]:
    """The matrix of the first rows; the diagonal and pairs that are not compared are empty."""
    found = {}
    for verdict in verdicts:
        kind = verdict.outcome.replace("too few seeds", "")
        points = 100 * verdict.estimate.value
        a, b = verdict.a.label, verdict.b.label
        other = "worse" if kind == "better" else kind
        found[a, b] = Cell(kind, signed(points), verdict.sentence)
        found[b, a] = Cell(other, signed(-points), verdict.sentence)
    return [[found.get((a.label, b.label), Cell()) for b in rows[:MOST]] for a in rows[:MOST]]


def signed(points: float) -> str:
    """A difference with its typographic sign."""
    return f"{points:+.1f}".replace("-", "−")


def square(rows: Sequence[Row], cells: Sequence[Sequence[Cell]]) -> pd.DataFrame:
    """The matrix for papers and spreadsheets, with the answer in words before each difference."""
    names = [f"{number}. {row.name}" for number, row in enumerate(rows[: len(cells)], 1)]
    written = [[f"{cell.kind} {cell.text}".strip() for cell in line] for line in cells]
    found = pd.DataFrame(written, columns=[str(number + 1) for number in range(len(names))])
    found.insert(0, "row − column, points", names)
    return found
