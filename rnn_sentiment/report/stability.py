"""Seeds that collapse, and runs that give many reviews the same answer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from rnn_sentiment.report.loading import Run
from rnn_sentiment.report.predictions import probability_columns
from rnn_sentiment.report.row import Row
from rnn_sentiment.report.statistics import LEVEL
from rnn_sentiment.storage import printable

COLLAPSE = 0.05  # below the median of the row's seeds
MOST_TIED, FEWEST_TIED = 0.05, 10  # of the texts; rounding to bfloat16 ties some


@dataclass(frozen=True)
class Share:
    """A share of a number of items, with its exact interval (Clopper and Pearson, 1934)."""

    count: int
    total: int
    low: float
    high: float


def share(count: int, total: int) -> Share:
    """A share with its exact 95 % interval."""
    found = stats.binomtest(count, total).proportion_ci(LEVEL)
    return Share(count, total, float(found.low), float(found.high))


def collapsed(row: Row) -> Share:
    """Seeds whose test accuracy lies over five points below the median of their row."""
    values = np.array(row.accuracies)
    return share(int((values < np.median(values) - COLLAPSE).sum()), len(values))


def interquartile_mean(row: Row) -> float:
    """Mean test accuracy of the middle half of the seeds, robust to a few collapsed ones."""
    return float(stats.trim_mean(row.accuracies, 0.25))


def tied(run: Run) -> tuple[float, float] | None:
    """The most common probability of a class, and the share of test reviews that got exactly it.

    None unless ten reviews have the same probability.
    """
    frame = run.predictions
    columns = [] if frame is None else probability_columns(frame)
    if frame is None or not columns:
        return None
    counts = frame[columns[0]].value_counts()
    if counts.iloc[0] < FEWEST_TIED:
        return None
    return float(counts.index[0]), float(counts.iloc[0] / len(frame))


def instabilities(row: Row) -> list[str]:
    """Sentences on what the mean of a row hides."""
    found = []
    if (fallen := collapsed(row)).count:
        found.append(
            f"{row.name} is unstable: {fallen.count} of {fallen.total} seeds ended more than "
            f"{100 * COLLAPSE:.0f} points below the median ({100 * fallen.low:.0f} to "
            f"{100 * fallen.high:.0f} % of seeds, 95 % interval)."
        )
    for run in row.runs:
        for layer, units in run.results.dead_units.items():
            if 2 * units.get("dead", 0) >= units.get("of", 0):
                found.append(
                    f"{row.name}, seed {run.seed}: {units.get('dead')} of {units.get('of')} units "
                    f"of {printable(layer)} are off for every test text."
                )
        if (most := tied(run)) is not None and most[1] > MOST_TIED:
            why = "saturated" if not 0.001 < most[0] < 0.999 else "as from dead units"
            found.append(
                f"{row.name}, seed {run.seed}: {100 * most[1]:.0f} % of the test texts got the "
                f"same probability, {most[0]:.3f} ({why})."
            )
    return found
