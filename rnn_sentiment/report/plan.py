"""What more seeds would detect: the smallest differences, and the hours that they cost."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rnn_sentiment.report.family import Family
from rnn_sentiment.report.row import Row
from rnn_sentiment.report.variance import Means
from rnn_sentiment.report.verdicts import POWER, Verdict, family_of, in_points

SEEDS = (3, 5, 8, 12, 20)


def plan(verdicts: Sequence[Verdict]) -> list[str]:
    """Lines for a terminal: what each number of seeds would detect, with the spreads seen so far.

    Args:
        verdicts: of one setting; pairs with too few seeds are left out.
    """
    judged = [(v.a, v.b) for v in verdicts if v.outcome != "too few seeds"]
    if not judged:
        return ["No spread is known yet: train three seeds of each first."]
    family = family_of(judged)
    rows = {row.label: row for pair in judged for row in pair}
    hours = sum(training_hours(row) for row in rows.values())
    lines = [f"Smallest difference found in {100 * POWER:.0f} % of cases, in points:"]
    for seeds in SEEDS:
        found = Family(with_seeds(family.means, seeds), family.contrasts).detectable(POWER)
        low, middle, high = (in_points(float(np.quantile(found, q))) for q in (0, 0.5, 1))
        cost = f"; {seeds * len(rows)} runs, {seeds * hours:.1f} hours" if hours else ""
        several = f" for the median pair, {low} to {high}" if len(found) > 1 else ""
        lines.append(f"  {seeds:2} seeds: {middle}{several}{cost}")
    return lines


def with_seeds(found: Means, seeds: int) -> Means:
    """The same architectures with another number of seeds each, and spreads as estimated."""
    factor = found.num_seeds / seeds
    chance = found.chance * factor
    return Means(
        found.values,
        np.full_like(found.num_seeds, seeds),
        np.maximum(found.seeds * factor, chance),
        chance,
        found.reviews + np.diag(chance - found.chance),
    )


def training_hours(row: Row) -> float:
    """Median hours of training a run; 0 if they are not known."""
    seconds = [
        run.results.seconds_per_epoch * len(run.results.history)
        for run in row.runs
        if run.results.seconds_per_epoch
    ]
    return float(np.median(seconds)) / 3600 if seconds else 0.0
