"""Rules about the difference of two rows, or of some two of several."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np

from rnn_sentiment.lectures.rules.rule import (
    MARGIN,
    Finding,
    MeasureName,
    Outcome,
    Rule,
    Unit,
    measured,
    not_recorded,
    spoken,
)
from rnn_sentiment.report.family import ENOUGH_SEEDS, Family, difference, pairs
from rnn_sentiment.report.row import Row
from rnn_sentiment.report.statistics import Estimate, welch
from rnn_sentiment.report.variance import means


class DifferenceRule(Rule):
    """A measure of `a` less that of `b`: `more` or `less` than the margin, or `equal` within it.

    Test accuracy has an interval for fresh seeds and other reviews, other measures Welch's over
    seeds. `more` and `less` have a margin of 0 unless another is given, `equal` a point.
    """

    kind: Literal["difference"]
    a: str
    b: str
    measure: MeasureName = "test_accuracy"
    expect: Literal["more", "less", "equal"]
    margin: float | None = None

    @property
    def needs(self) -> tuple[str, ...]:
        return self.a, self.b

    def settle(
        self, rows: Mapping[str, Row], evidence: Mapping[str, float], level: float
    ) -> Finding:
        a, b = rows[self.a], rows[self.b]
        estimate = measured_difference(a, b, self.measure, level)
        if estimate is None or not estimate.known:
            both = " and ".join(self.names(rows))
            return not_recorded(spoken(self.measure), f"{both} together")
        unit = Unit.of(self.measure, differs=True)
        text = f"{spoken(self.measure)}, {' − '.join(self.names(rows))}: {unit.interval(estimate)}"
        if self.expect == "equal":
            margin = MARGIN if self.margin is None else self.margin
            apart = estimate.above(margin) or estimate.below(-margin)
            alike = estimate.inside(-margin, margin)
            outcome: Outcome = "confirmed" if alike else "refuted" if apart else "undecided"
            return Finding(
                outcome, f"{text}, margin {unit.distance(margin)}", unit.scaled(estimate)
            )
        margin = self.margin or 0.0
        more, less = estimate.above(margin), estimate.below(margin)
        if self.expect == "less":
            more, less = estimate.below(-margin), estimate.above(-margin)
        decided: Outcome = "confirmed" if more else "refuted" if less else "undecided"
        return Finding(decided, text, unit.scaled(estimate))


class SensitiveRule(Rule):
    """Some two of the rows differ in test accuracy by more than the margin, as one family."""

    kind: Literal["sensitive"]
    runs: list[str]
    margin: float = MARGIN

    @property
    def needs(self) -> tuple[str, ...]:
        return tuple(self.runs)

    def settle(
        self, rows: Mapping[str, Row], evidence: Mapping[str, float], level: float
    ) -> Finding:
        members = [rows[name] for name in self.runs]
        answers = [row.correct for row in members if row.correct is not None]
        if len(answers) < len(members) or not all(same_reviews(members[0], r) for r in members):
            return not_recorded("predictions on the same texts", "one of these runs")
        if min(map(len, answers)) < ENOUGH_SEEDS:
            return not_recorded(f"{ENOUGH_SEEDS} seeds", "one of these runs")
        estimates = Family(means(answers), contrasts := pairs(len(members))).estimates(level)
        largest = max(range(len(estimates)), key=lambda i: abs(estimates[i].value))
        names = self.names(rows)
        a, b = (names[int(np.flatnonzero(contrasts[largest] == w)[0])] for w in (1, -1))
        unit = Unit.of("test_accuracy", differs=True)
        found, margin = unit.interval(estimates[largest]), unit.distance(self.margin)
        text = f"largest difference, {a} − {b}: {found}, margin {margin}"
        if any(e.above(self.margin) or e.below(-self.margin) for e in estimates):
            return Finding("confirmed", text, unit.scaled(estimates[largest]))
        alike = all(e.inside(-self.margin, self.margin) for e in estimates)
        return Finding("refuted" if alike else "undecided", text, unit.scaled(estimates[largest]))


def measured_difference(a: Row, b: Row, measure: str, level: float) -> Estimate | None:
    """A measure of one row less that of another; None where it is not recorded."""
    if measure != "test_accuracy":
        sides = [list(measured(row, measure).values()) for row in (a, b)]
        return welch(sides[0], sides[1], level) if min(map(len, sides)) > 1 else None
    if a.correct is None or b.correct is None or not same_reviews(a, b):
        return None
    return difference(a.correct, b.correct, level=level)


def same_reviews(a: Row, b: Row) -> bool:
    """Whether two rows were tested on the same reviews."""
    assert a.reviews is not None
    assert b.reviews is not None
    return a.reviews["label"].equals(b.reviews["label"])
