"""A section with one column for each slice or perturbation, and one line for each row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from rnn_sentiment.report.row import Row
from rnn_sentiment.report.section import Section
from rnn_sentiment.report.templating import number, render
from rnn_sentiment.report.together import Judged


@dataclass(frozen=True)
class Column:
    """A slice or perturbation.

    Attributes:
        name: heading of the column.
        about: a short description.
        num_reviews: number of reviews it covers.
        values: the share that each row's cell shows in percent, by the label of the row.
        judged: the figure with intervals: the value itself, or another one shown beside it.
    """

    name: str
    about: str
    num_reviews: int
    values: dict[str, float]
    judged: Judged

    def cell(self, label: str) -> tuple[float, str]:
        """The value of a row, and its judged figure with the interval if there is one."""
        value, estimate = self.values[label], self.judged.own[label]
        if not estimate.known:
            return value, ""
        if value != estimate.value:
            return value, f"{points(estimate.value)} {brackets(estimate.low, estimate.high)}"
        return value, brackets(max(estimate.low, 0.0), min(estimate.high, 1.0))


@dataclass(frozen=True)
class Breakdown:
    """The content of a section for the rows of one setting.

    Attributes:
        rows: in the order of the ranking.
        columns: the slices or perturbations.
        sentences: one for each pair whose interval excludes zero.
        notes: what is missing, and why.
    """

    rows: Sequence[Row] = ()
    columns: Sequence[Column] = ()
    sentences: Sequence[str] = ()
    notes: Sequence[str] = ()

    @property
    def lines(self) -> list[tuple[str, list[tuple[float, str]]]]:
        """The name and the cells of each row."""
        return [
            (row.name, [column.cell(row.label) for column in self.columns]) for row in self.rows
        ]


def as_section(title: str, about: str, figure: str, breakdowns: Sequence[Breakdown]) -> Section:
    """Make a section of breakdowns.

    Args:
        title: title of the section.
        about: what the table shows, in a sentence or two.
        figure: heading of the judged figure in the table that is saved as a file.
        breakdowns: one for each setting.
    """
    html, markdown = (
        render(__package__, f"breakdown.{kind}.jinja", about=about, breakdowns=breakdowns)
        for kind in ("html", "md")
    )
    table = pd.DataFrame(
        {
            "architecture": row.name,
            title.lower(): column.name,
            "texts": column.num_reviews,
            "percent": round(100 * column.values[row.label], 2),
            figure: round(100 * column.judged.own[row.label].value, 2),
            "from": round(100 * column.judged.own[row.label].low, 2),
            "to": round(100 * column.judged.own[row.label].high, 2),
        }
        for breakdown in breakdowns
        for column in breakdown.columns
        for row in breakdown.rows
    )
    return Section(title, title.lower(), html, markdown, table)


def points(share: float) -> str:
    """A share in percent, or a difference of shares in points."""
    return number(100 * share, 1)


def brackets(low: float, high: float) -> str:
    """An interval of shares in percent."""
    return f"[{points(low)}, {points(high)}]"
