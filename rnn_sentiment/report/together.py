"""A figure of every row and its difference in every pair, with simultaneous intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rnn_sentiment.report.family import ENOUGH_SEEDS, Family
from rnn_sentiment.report.row import Row
from rnn_sentiment.report.statistics import LEVEL, Estimate
from rnn_sentiment.report.variance import Strata, means
from rnn_sentiment.report.verdicts import Pairs


@dataclass(frozen=True)
class Judged:
    """One figure of all rows and pairs.

    Attributes:
        own: the figure of each row, by label, as a share; without an interval if there are
            fewer than three seeds.
        apart: the pairs whose interval excludes zero, the larger first, with the difference.
    """

    own: dict[str, Estimate]
    apart: list[tuple[Row, Row, Estimate]]


def judge_together(
    rows: Sequence[Row],
    answers: Sequence[np.ndarray],
    pairs: Pairs,
    num_figures: int,
    strata: Strata = (),
) -> Judged:
    """Judge a figure of rows and pairs as one family.

    Args:
        rows: of one setting.
        answers: for each row, whether each seed is right on each review, `(S, N)` bool.
        pairs: the pairs to compare; those with too few seeds are skipped.
        num_figures: how many such families hold together (Bonferroni).
        strata: which reviews make the figure, as of `means`.
    """
    own = {}
    for row, one in zip(rows, answers, strict=True):
        value = float(means([one], strata).values[0])
        own[row.label] = Estimate(value, np.nan, np.nan, num_seeds=len(one))
    known = [(r, one) for r, one in zip(rows, answers, strict=True) if len(one) >= ENOUGH_SEEDS]
    if not known:
        return Judged(own, [])
    places = {row.label: place for place, (row, _) in enumerate(known)}
    pairs = [pair for pair in pairs if all(row.label in places for row in pair)]
    contrasts = np.zeros((len(known) + len(pairs), len(known)))
    contrasts[: len(known)] = np.eye(len(known))
    for line, (a, b) in zip(contrasts[len(known) :], pairs, strict=True):
        line[places[a.label]], line[places[b.label]] = 1, -1
    family = Family(means([one for _, one in known], strata), contrasts)
    found = family.estimates(1 - (1 - LEVEL) / num_figures)
    own |= dict(zip(places, found, strict=False))
    apart = []
    for (a, b), estimate in zip(pairs, found[len(known) :], strict=True):
        if estimate.above(0):
            apart.append((a, b, estimate))
        elif estimate.below(0):
            turned = Estimate(-estimate.value, -estimate.high, -estimate.low, estimate.sd)
            apart.append((b, a, turned))
    return Judged(own, apart)
