"""A rule about two rows that should give the same answers to the last digit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np

from rnn_sentiment.lectures.rules.differences import same_reviews
from rnn_sentiment.lectures.rules.rule import Finding, Rule, not_recorded
from rnn_sentiment.report.row import Row


class IdenticalRule(Rule):
    """Two rows gave every test review exactly the same probability at every seed."""

    kind: Literal["identical"]
    a: str
    b: str

    @property
    def needs(self) -> tuple[str, ...]:
        return self.a, self.b

    def settle(
        self, rows: Mapping[str, Row], evidence: Mapping[str, float], level: float
    ) -> Finding:
        a, b = rows[self.a], rows[self.b]
        either = " or ".join(self.names(rows))
        if a.probability is None or b.probability is None or a.seeds != b.seeds:
            return not_recorded("predictions at the same seeds", either)
        if not same_reviews(a, b):
            return not_recorded("the same test texts", either)
        largest = float(np.abs(a.probability - b.probability).max())
        return Finding(
            "refuted" if largest else "confirmed", f"largest difference in probability {largest:g}"
        )
