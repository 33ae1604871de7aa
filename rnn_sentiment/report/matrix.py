"""Who beats whom, as a square: each row's lead over each column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rnn_sentiment.report.row import Row
from rnn_sentiment.report.verdicts import Verdict

MOST = 12  # rows that a screen has room for


@dataclass(frozen=True)
class Cell:
    """One row against one column: `better`, `worse`, `equivalent`, `open` or empty.

    Attributes:
        text: points of test accuracy, row − column, with their sign.
        sentence: the verdict in words.
    """

    kind: str = ""
    text: str = ""
    sentence: str = ""


def matrix(rows: Sequence[Row], verdicts: Sequence[Verdict]) -> list[list[Cell]]:
    """The square of the first rows; the diagonal and pairs that nobody asked for are empty."""
    found = {}
    for verdict in verdicts:
        kind = verdict.outcome.replace("too few seeds", "")
        points = 100 * verdict.estimate.value
        a, b = verdict.a.label, verdict.b.label
        other = "worse" if kind == "better" else kind
        found[a, b] = Cell(kind, f"{points:+.1f}", verdict.sentence)
        found[b, a] = Cell(other, f"{-points:+.1f}", verdict.sentence)
    return [[found.get((a.label, b.label), Cell()) for b in rows[:MOST]] for a in rows[:MOST]]
