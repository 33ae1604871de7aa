"""A rule about how much a measure varies over seeds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
from scipy import stats

from rnn_sentiment.lectures.rules.rule import (
    Finding,
    MeasureName,
    Outcome,
    Rule,
    measured,
    not_recorded,
    spoken,
)
from rnn_sentiment.report.row import Row
from rnn_sentiment.report.statistics import Estimate


class SpreadRule(Rule):
    """A measure varies less over seeds in `a` than in `b`, by an F interval of the variances."""

    kind: Literal["steadier"]
    a: str
    b: str
    measure: MeasureName = "test_accuracy"

    @property
    def needs(self) -> tuple[str, ...]:
        return self.a, self.b

    def settle(
        self, rows: Mapping[str, Row], evidence: Mapping[str, float], level: float
    ) -> Finding:
        a, b = (list(measured(rows[name], self.measure).values()) for name in self.needs)
        if min(len(a), len(b)) < 2 or not np.var(b):
            return not_recorded(spoken(self.measure), " or ".join(self.names(rows)))
        ratio = float(np.var(a, ddof=1) / np.var(b, ddof=1))
        tails = stats.f.ppf([(1 + level) / 2, (1 - level) / 2], len(a) - 1, len(b) - 1)
        low, high = ratio / tails
        outcome: Outcome = "confirmed" if high < 1 else "refuted" if low > 1 else "undecided"
        return Finding(
            outcome,
            f"variance of {spoken(self.measure)} over seeds, {' / '.join(self.names(rows))}: "
            f"{ratio:.3g} [{low:.3g}, {high:.3g}]",
            Estimate(ratio, low, high),
        )
