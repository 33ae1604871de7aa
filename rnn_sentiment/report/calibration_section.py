"""The section on calibration, by class and by length."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from rnn_sentiment.report.calibration import by_group, of_answers, of_each_class
from rnn_sentiment.report.contents import Comparison
from rnn_sentiment.report.row import Row
from rnn_sentiment.report.schema import Calibrated, Group
from rnn_sentiment.report.section import Section
from rnn_sentiment.report.templating import render

MOST_CLASSES = 6  # columns on the page; the saved table has all
ABOUT = (
    "Overconfidence: the mean probability of the answers minus the share of right answers, in "
    "points, for all test texts, for those of each class, and for fifths by length (means over "
    "seeds). Below zero, the model is underconfident. After the arrow: the same with the "
    "temperature that evaluate calibrate=true has fitted. The error is the expected calibration "
    "error of the answers; in the column of a class, that of the class's own probability. Sets: "
    "the share of prediction sets that hold the right class, where evaluate has fitted some."
)


@dataclass(frozen=True)
class Cell:
    """A group of test texts, answered by the runs of a row: means over seeds, as shares.

    Attributes:
        group: the group in one run, with its name and size.
        confidence: mean probability of the answer.
        right: share of right answers.
        error: expected calibration error, of all answers or of a class's own probability for all
            texts; None for other groups.
        fitted: overconfidence with the temperature; None if not fitted.
        covered: share of the prediction sets that hold the right class; None without sets.
    """

    group: Group
    confidence: float
    right: float
    error: float | None
    fitted: float | None
    covered: float | None

    @property
    def overconfidence(self) -> float:
        """Mean probability of the answer minus the share of right answers."""
        return self.confidence - self.right


@dataclass(frozen=True)
class Line:
    """A row of the report.

    Attributes:
        temperature: mean over seeds; None unless it was fitted for every seed.
        promised: share of texts whose sets should hold the right class; None without sets.
        num_classes: number of classes in the test part; their cells follow that of all texts.
    """

    row: Row
    cells: list[Cell]
    num_classes: int
    temperature: float | None
    promised: float | None


def calibration_section(comparisons: Sequence[Comparison]) -> Section | None:
    """Compare probabilities with right answers; None if no run kept any probabilities."""
    tables = [
        [line for row in comparison.rows if (line := line_of(row))] for comparison in comparisons
    ]
    if not any(tables):
        return None
    html, markdown = (
        render(__package__, f"calibration.{kind}.jinja", tables=tables, shown=shown, about=ABOUT)
        for kind in ("html", "md")
    )
    table = pd.DataFrame(
        {
            "architecture": line.row.name,
            "texts of": cell.group.rows_of,
            "texts": cell.group.rows,
            "mean probability of the answer, %": percent(cell.confidence),
            "right, %": percent(cell.right),
            "overconfidence, points": percent(cell.overconfidence),
            "calibration error, points": percent(cell.error),
            "with the temperature, points": percent(cell.fitted),
            "sets promise, %": percent(line.promised),
            "sets hold the right class, %": percent(cell.covered),
        }
        for lines in tables
        for line in lines
        for cell in line.cells
    )
    return Section("Calibration", "calibration", html, markdown, table)


def line_of(row: Row) -> Line | None:
    """The groups of a row; None without probabilities."""
    if not row.has_probabilities:
        return None
    frames = [run.predictions for run in row.runs if run.predictions is not None]
    seeds = [by_group(frame, row.classes) for frame in frames]
    fitted = [run.results.calibrated for run in row.runs]
    known = [one for one in fitted if one is not None and len(one.groups) == len(seeds[0])]
    if len(known) < len(fitted):
        known = []
    promises = {one.sets.coverage if one.sets else None for one in known}
    promised = promises.pop() if len(promises) == 1 else None
    num_classes = frames[0]["label"].nunique()
    errors = errors_of(frames, row.classes, [group.rows_of for group in seeds[0][1:]][:num_classes])
    cells = [
        Cell(
            seeds[0][place],
            float(np.mean([groups[place].confidence for groups in seeds])),
            float(np.mean([groups[place].right for groups in seeds])),
            errors[place] if place < len(errors) else None,
            after(known, place),
            None if promised is None else covered(known, place),
        )
        for place in range(len(seeds[0]))
    ]
    temperature = float(np.mean([one.temperature for one in known])) if known else None
    return Line(row, cells, num_classes, temperature, promised)


def errors_of(
    frames: Sequence[pd.DataFrame], classes: Sequence[str], shown: Sequence[str]
) -> list[float]:
    """Calibration errors of all answers and of the classes shown: means over seeds.

    Args:
        frames: predictions of each seed.
        classes: names by label; empty if classes are called by their numbers.
        shown: names of the classes to include, in this order.
    """
    of_class = np.mean([of_each_class(frame) for frame in frames], axis=0)
    labels = [list(classes).index(name) if classes else int(name) for name in shown]
    answers = float(np.mean([of_answers(frame) for frame in frames]))
    return [answers, *(float(of_class[label]) for label in labels)]


def after(fitted: Sequence[Calibrated], place: int) -> float | None:
    """Overconfidence of a group's answers with the temperature; None if not fitted."""
    groups = [one.groups[place] for one in fitted]
    return float(np.mean([g.confidence - g.right for g in groups])) if groups else None


def covered(fitted: Sequence[Calibrated], place: int) -> float | None:
    """Share of a group's prediction sets that hold the right class, if every run states it."""
    shares = [share for one in fitted if (share := one.groups[place].covered) is not None]
    return float(np.mean(shares)) if len(shares) == len(fitted) else None


def shown(line: Line) -> list[Cell]:
    """The cells that fit on a page: all texts, the largest classes, and fifths by length."""
    fifths = 1 + line.num_classes
    everything, *classes = line.cells[:fifths]
    largest = sorted(classes, key=lambda cell: -cell.group.rows)[:MOST_CLASSES]
    kept = [cell for cell in classes if cell in largest]
    return [everything, *kept, *line.cells[fifths:]]


def percent(share: float | None) -> float | None:
    """A share in percent, or a difference in points, for a table."""
    return None if share is None else round(100 * share, 2)
