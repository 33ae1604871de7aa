"""Rules that hold rows against each other."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Literal

import numpy as np
from scipy import stats

from rnn_sentiment.lectures.rules.base import (
    MARGIN,
    Finding,
    MeasureName,
    Outcome,
    Rule,
    lacking,
    measured,
)
from rnn_sentiment.report.grouping import Row
from rnn_sentiment.report.measures import NUM_FIFTHS, length_fifths
from rnn_sentiment.report.statistics import LEVEL, Estimate, difference, holm, mean_interval


class DifferenceRule(Rule):
    """A measure of `a` less that of `b`: `more`, `less`, or `equal` within a margin.

    Test accuracy is compared by bootstrap over reviews and seeds (`paired` by seed where only one
    lever differs), other measures by their differences paired by seed.
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

    def judge(self, rows: Mapping[str, Row], evidence: Mapping[str, float]) -> Finding:
        a, b = rows[self.a], rows[self.b]
        if self.measure == "test_accuracy":
            estimate = accuracy_difference(a, b, self.paired)
        else:
            estimate = paired_difference(a, b, self.measure)
        if estimate is None:
            return lacking(self.measure, f"{self.a} and {self.b} together")
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
        as_said, against = (more, less) if self.expect == "more" else (less, more)
        no_less_equal = alike and self.measure == "test_accuracy"
        refuted = against or (no_less_equal and not as_said)
        return Finding("confirmed" if as_said else "refuted" if refuted else "undecided", text)


class LengthRule(Rule):
    """The drop in accuracy from the shortest fifth of the reviews to the longest.

    Larger than that of `against`, or, without that, inside the margin.
    """

    kind: Literal["length_drop"]
    run: str
    against: str | None = None
    margin: float = MARGIN

    @property
    def needs(self) -> tuple[str, ...]:
        return (self.run, self.against) if self.against else (self.run,)

    def judge(self, rows: Mapping[str, Row], evidence: Mapping[str, float]) -> Finding:
        sides = [rows[name].correct for name in self.needs]
        reviews = rows[self.run].reviews
        if reviews is None or any(side is None for side in sides):
            return lacking("predictions", " or ".join(self.needs))
        fifths = length_fifths(reviews)
        strata = [(fifths == 0, 1.0), (fifths == NUM_FIFTHS - 1, -1.0)]
        assert sides[0] is not None
        estimate = difference(sides[0], sides[1] if self.against else None, strata)
        what = f"drop of {self.run}" + (f" less that of {self.against}" if self.against else "")
        text = f"{what}: {estimate.value:+.4f} [{estimate.low:+.4f}, {estimate.high:+.4f}]"
        if self.against:
            yes, no = estimate.above(0), estimate.below(0)
        else:
            yes = estimate.inside(-self.margin, self.margin)
            no = estimate.above(self.margin) or estimate.below(-self.margin)
            text += f", margin {self.margin:g}"
        return Finding("confirmed" if yes else "refuted" if no else "undecided", text)


class SensitiveRule(Rule):
    """Some two of the rows differ in test accuracy by more than the margin (Holm over pairs)."""

    kind: Literal["sensitive"]
    runs: list[str]
    margin: float = MARGIN

    @property
    def needs(self) -> tuple[str, ...]:
        return tuple(self.runs)

    def judge(self, rows: Mapping[str, Row], evidence: Mapping[str, float]) -> Finding:
        pairs = list(combinations(self.runs, 2))
        found = [accuracy_difference(rows[a], rows[b], False) for a, b in pairs]
        estimates = [estimate for estimate in found if estimate is not None]
        if len(estimates) < len(pairs):
            return lacking("predictions", "one of these runs")
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


class SpreadRule(Rule):
    """A measure varies less over seeds in `a` than in `b`, by an F interval of the variances."""

    kind: Literal["steadier"]
    a: str
    b: str
    measure: MeasureName = "test_accuracy"

    @property
    def needs(self) -> tuple[str, ...]:
        return self.a, self.b

    def judge(self, rows: Mapping[str, Row], evidence: Mapping[str, float]) -> Finding:
        a, b = (list(measured(rows[name], self.measure).values()) for name in self.needs)
        if min(len(a), len(b)) < 2 or not np.var(b):
            return lacking(self.measure, f"{self.a} or {self.b}")
        ratio = float(np.var(a, ddof=1) / np.var(b, ddof=1))
        tails = stats.f.ppf([(1 + LEVEL) / 2, (1 - LEVEL) / 2], len(a) - 1, len(b) - 1)
        low, high = ratio / tails
        outcome: Outcome = "confirmed" if high < 1 else "refuted" if low > 1 else "undecided"
        return Finding(
            outcome,
            f"variance of {self.measure} over seeds, {self.a} / {self.b}: "
            f"{ratio:.3g} [{low:.3g}, {high:.3g}]",
        )


class IdenticalRule(Rule):
    """Two rows gave every test review exactly the same probability at every seed."""

    kind: Literal["identical"]
    a: str
    b: str

    @property
    def needs(self) -> tuple[str, ...]:
        return self.a, self.b

    def judge(self, rows: Mapping[str, Row], evidence: Mapping[str, float]) -> Finding:
        a, b = rows[self.a], rows[self.b]
        if a.probability is None or b.probability is None or a.seeds != b.seeds:
            return lacking("predictions at the same seeds", f"{self.a} or {self.b}")
        if not same_reviews(a, b):
            return lacking("the same test reviews", f"{self.a} or {self.b}")
        largest = float(np.abs(a.probability - b.probability).max())
        return Finding(
            "refuted" if largest else "confirmed", f"largest difference in probability {largest:g}"
        )


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
