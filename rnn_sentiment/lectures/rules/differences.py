"""Rules about the difference of two rows, or of some two of several."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Literal

import numpy as np

from rnn_sentiment.lectures.rules.rule import (
    MARGIN,
    Finding,
    MeasureName,
    Outcome,
    Rule,
    measured,
    not_recorded,
)
from rnn_sentiment.report.bootstrap import difference
from rnn_sentiment.report.grouping import Row
from rnn_sentiment.report.statistics import LEVEL, Estimate, holm, mean_interval


class DifferenceRule(Rule):
    """A measure of `a` less that of `b`: `more`, `less`, or `equal` within a margin.

    Test accuracy is compared by bootstrap over reviews and seeds (`paired` by seed where a single
    setting differs), other measures by their differences paired by seed.
    """

    kind: Literal["difference"]
    a: str
    b: str
    measure: MeasureName = "test_accuracy"
    expect: Literal["more", "less", "equal"]
    margin: float = MARGIN
    paired: bool = False

    @property
    def needs(self) -> tuple[str, ...]:
        return self.a, self.b

    def settle(self, rows: Mapping[str, Row], evidence: Mapping[str, float]) -> Finding:
        a, b = rows[self.a], rows[self.b]
        if self.measure == "test_accuracy":
            estimate = accuracy_difference(a, b, self.paired)
        else:
            estimate = paired_difference(a, b, self.measure)
        if estimate is None:
            return not_recorded(self.measure, f"{self.a} and {self.b} together")
        text = (
            f"{self.measure}, {self.a} less {self.b}: {estimate.value:+.4g} "
            f"[{estimate.low:+.4g}, {estimate.high:+.4g}]"
        )
        more, less = estimate.above(0), estimate.below(0)
        alike = estimate.inside(-self.margin, self.margin)
        if self.expect == "equal":
            apart = estimate.above(self.margin) or estimate.below(-self.margin)
            outcome: Outcome = "confirmed" if alike else "refuted" if apart else "undecided"
            return Finding(outcome, f"{text}, margin {self.margin:g}")
        expected, opposite = (more, less) if self.expect == "more" else (less, more)
        practically_equal = alike and self.measure == "test_accuracy"
        refuted = opposite or (practically_equal and not expected)
        return Finding("confirmed" if expected else "refuted" if refuted else "undecided", text)


class SensitiveRule(Rule):
    """Some two of the rows differ in test accuracy by more than the margin (Holm over pairs)."""

    kind: Literal["sensitive"]
    runs: list[str]
    margin: float = MARGIN

    @property
    def needs(self) -> tuple[str, ...]:
        return tuple(self.runs)

    def settle(self, rows: Mapping[str, Row], evidence: Mapping[str, float]) -> Finding:
        pairs = list(combinations(self.runs, 2))
        found = [accuracy_difference(rows[a], rows[b], False) for a, b in pairs]
        estimates = [estimate for estimate in found if estimate is not None]
        if len(estimates) < len(pairs):
            return not_recorded("predictions", "one of these runs")
        adjusted = holm([estimate.p for estimate in estimates])
        largest = max(range(len(pairs)), key=lambda i: abs(estimates[i].value))
        e, (a, b) = estimates[largest], pairs[largest]
        text = (
            f"largest difference, {a} less {b}: {e.value:+.4f} [{e.low:+.4f}, {e.high:+.4f}], "
            f"adjusted p {adjusted[largest]:.2g}, margin {self.margin:g}"
        )
        if any(
            p < 1 - LEVEL and abs(x.value) > self.margin
            for p, x in zip(adjusted, estimates, strict=True)
        ):
            return Finding("confirmed", text)
        alike = all(x.inside(-self.margin, self.margin) for x in estimates)
        return Finding("refuted" if alike else "undecided", text)


def paired_difference(a: Row, b: Row, measure: str) -> Estimate | None:
    """Differences of a measure at the same seeds; None with fewer than two."""
    first, second = measured(a, measure), measured(b, measure)
    both = sorted(first.keys() & second.keys())
    return mean_interval([first[s] - second[s] for s in both]) if len(both) > 1 else None


def accuracy_difference(a: Row, b: Row, paired: bool) -> Estimate | None:
    """Difference of test accuracy, or None where there are no predictions on the same reviews."""
    if a.correct is None or b.correct is None or not same_reviews(a, b):
        return None
    if not paired:
        return difference(a.correct, b.correct)
    both = sorted(set(a.seeds) & set(b.seeds))
    if len(both) < 2:
        return None
    first = a.correct[[a.seeds.index(seed) for seed in both]]
    second = b.correct[[b.seeds.index(seed) for seed in both]]
    return difference(first.astype(np.int8) - second, None)


def same_reviews(a: Row, b: Row) -> bool:
    """Whether two rows were tested on the same reviews."""
    assert a.reviews is not None
    assert b.reviews is not None
    return a.reviews["label"].equals(b.reviews["label"])
