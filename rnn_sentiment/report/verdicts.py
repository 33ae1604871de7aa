"""Every pair of architectures: who beats whom, by how much, and whether it is significant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from rnn_sentiment.report.bootstrap import difference, seeds_needed
from rnn_sentiment.report.grouping import Row
from rnn_sentiment.report.statistics import LEVEL, Estimate, holm, mcnemar

ENOUGH_SEEDS = 3


@dataclass(frozen=True)
class Verdict:
    """A pair in one setting, the better one first.

    Attributes:
        estimate: difference in test accuracy, as a share; `p` is not adjusted.
        adjusted: p of all pairs of the setting together, by Holm.
        mcnemar: p of each pair of runs, in the order of their seeds.
        seeds_needed: that would show today's difference; None where it is shown, or no number
            up to 200 would.
    """

    a: Row
    b: Row
    estimate: Estimate
    mcnemar: tuple[float, ...]
    adjusted: float = float("nan")
    seeds_needed: int | None = None

    @property
    def significant(self) -> bool:
        """Whether the difference is significant after Holm's adjustment."""
        return self.adjusted < 1 - LEVEL

    @property
    def sentence(self) -> str:
        """The verdict in words."""
        a, b, e = self.a.label, self.b.label, self.estimate
        if min(len(self.a.runs), len(self.b.runs)) == 1:
            return self._sentence_of_single_runs()
        if self.significant:
            return f"{a} beats {b} by {interval(e)}{self._warning()}."
        seeds = min(len(self.a.runs), len(self.b.runs))
        needed = "more than 200 seeds, or a larger test part"
        if self.seeds_needed is not None:
            needed = f"about {max(self.seeds_needed, seeds + 1)} seeds"
        return (
            f"The difference between {a} and {b} is not significant with {seeds} seeds "
            f"({self._interval()}); showing it would take {needed}."
        )

    def _sentence_of_single_runs(self) -> str:
        a, b, e = self.a.label, self.b.label, self.estimate
        if not self.significant:
            return (
                f"The difference between these runs of {a} and {b} is not significant "
                f"({self._interval()})."
            )
        return (
            f"This run of {a} beats that of {b} by {interval(e)}; with one seed, the "
            "architectures cannot be compared."
        )

    def _interval(self) -> str:
        before = self.estimate.above(0) or self.estimate.below(0)
        return interval(self.estimate) + (" before the adjustment for all pairs" if before else "")

    def _warning(self) -> str:
        fewest = min(len(self.a.runs), len(self.b.runs))
        return f" (only {fewest} seeds)" if fewest < ENOUGH_SEEDS else ""


def pairwise_verdicts(rows: Sequence[Row], baseline: str | None = None) -> list[Verdict]:
    """Compare all pairs of rows of one setting, or all with the row `baseline`.

    Rows without predictions are skipped.
    """
    usable = [row for row in rows if row.correct is not None]
    pairs = [
        (a, b)
        for a, b in combinations(usable, 2)
        if baseline is None or baseline in (a.label, b.label)
    ]
    verdicts = [verdict_on(a, b) for a, b in pairs]
    adjusted = holm([verdict.estimate.p for verdict in verdicts])
    return [
        replace(verdict, adjusted=float(p)) for verdict, p in zip(verdicts, adjusted, strict=True)
    ]


def verdict_on(a: Row, b: Row) -> Verdict:
    """Compare two rows that were tested on the same reviews."""
    assert a.correct is not None
    assert b.correct is not None
    if a.correct.mean() < b.correct.mean():
        a, b = b, a
    assert a.correct is not None
    assert b.correct is not None
    return Verdict(
        a,
        b,
        difference(a.correct, b.correct),
        tuple(mcnemar(x, y) for x, y in zip(a.correct, b.correct, strict=False)),
        seeds_needed=seeds_needed(a.correct, b.correct),
    )


def interval(estimate: Estimate) -> str:
    """A difference in points of accuracy with its interval: `4.1 points [3.4, 4.8]`."""
    value, low, high = (
        round(100 * x, 1) + 0.0 for x in (estimate.value, estimate.low, estimate.high)
    )
    if not np.isfinite(low):
        return f"{value:.1f} points [not known]"
    return f"{value:.1f} points [{low:.1f}, {high:.1f}]"
