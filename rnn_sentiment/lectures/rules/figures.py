"""Rules that compare an interval with a figure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
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
from rnn_sentiment.report.family import difference
from rnn_sentiment.report.measures import SHARES
from rnn_sentiment.report.row import Row
from rnn_sentiment.report.statistics import (
    Estimate,
    mean_interval,
    prediction_interval,
    ratio_interval,
)


class IntervalRule(Rule):
    """A rule that compares an interval with a figure: it `equals` it, or lies `above` or `below`.

    An interval confirms a figure that it contains where it reaches no further from it than
    `reach`; a wide one contains a lot, and decides nothing.
    """

    equals: float | None = None
    above: float | None = None
    below: float | None = None

    def reach(self, figure: float) -> float:
        """How far from a figure an interval may reach that confirms it."""
        return math.inf

    def compare(self, estimate: Estimate, what: str, unit: Unit) -> Finding:
        """Confirmed or refuted where the interval leaves no doubt."""
        if not estimate.known:
            value = unit.write(estimate.value)
            return Finding("undecided", f"{what} {value}{unit.name}, interval not known")
        outcome, place = self.place(estimate, unit)
        return Finding(outcome, f"{what} {unit.interval(estimate)} {place}", unit.scaled(estimate))

    def place(self, estimate: Estimate, unit: Unit) -> tuple[Outcome, str]:
        """Where an interval lies, and what that decides."""
        if self.equals is not None:
            figure, reach = self.equals, self.reach(self.equals)
            if not estimate.contains(figure):
                place = "above" if estimate.above(figure) else "below"
                return "refuted", f"lies {place} {unit.write(figure)}"
            if not estimate.inside(figure - reach, figure + reach):
                return (
                    "undecided",
                    f"contains {unit.write(figure)}, but reaches more than "
                    f"{unit.distance(reach)} from it",
                )
            return "confirmed", f"contains {unit.write(figure)}"
        if self.above is not None:
            limit, yes, no = self.above, estimate.above(self.above), estimate.below(self.above)
        else:
            limit = self.below if self.below is not None else 0.0
            yes, no = estimate.below(limit), estimate.above(limit)
        if estimate.low == estimate.high == limit:
            return "refuted", f"is {unit.write(limit)}"
        outcome: Outcome = "confirmed" if yes else "refuted" if no else "undecided"
        side = "above" if estimate.above(limit) else "below"
        place = f"lies {side}" if yes or no else "contains"
        return outcome, f"{place} {unit.write(limit)}"


class FigureRule(IntervalRule):
    """A measure of a row against a figure: its mean over seeds, or one run against a printed one.

    A figure that was printed once is that of one run, so `equals` is compared with the interval
    that one more seed would lie in; validation figures vary with the reviews of that part as well.
    """

    kind: Literal["figure"]
    run: str
    measure: MeasureName
    margin: float = MARGIN

    def reach(self, figure: float) -> float:
        return self.margin

    @property
    def needs(self) -> tuple[str, ...]:
        return (self.run,)

    def settle(
        self, rows: Mapping[str, Row], evidence: Mapping[str, float], level: float
    ) -> Finding:
        row = rows[self.run]
        values = list(measured(row, self.measure).values())
        if len(values) < 2:
            return not_recorded(spoken(self.measure), self.names(rows)[0])
        what, unit = f"{self.names(rows)[0]}: {spoken(self.measure)}", Unit.of(self.measure)
        if self.equals is not None:
            noise = sampling(row, self.measure, float(np.mean(values)))
            found = prediction_interval(values, noise, level)
            if self.measure in SHARES:  # of which none lies beyond 0 or 100 %
                found = replace(found, low=max(found.low, 0.0), high=min(found.high, 1.0))
            return self.compare(found, f"{what} of one run", unit)
        if self.measure == "test_accuracy" and row.correct is not None:
            return self.compare(difference(row.correct, None, level=level), what, unit)
        return self.compare(mean_interval(values, level), what, unit)


def sampling(row: Row, measure: str, share: float) -> float:
    """Variance of a share of right answers from the choice of validation reviews; 0 of others."""
    size = dict(row.setting.sizes).get("validation", 0)
    return share * (1 - share) / size if "validation_accuracy" in measure and size else 0.0


class RatioRule(IntervalRule):
    """The ratio of a positive measure of two rows against a figure; `margin` is a share of it."""

    kind: Literal["ratio"]
    a: str
    b: str
    measure: MeasureName
    margin: float = 0.1

    def reach(self, figure: float) -> float:
        return self.margin * figure

    @property
    def needs(self) -> tuple[str, ...]:
        return self.a, self.b

    def settle(
        self, rows: Mapping[str, Row], evidence: Mapping[str, float], level: float
    ) -> Finding:
        sides = [list(measured(rows[name], self.measure).values()) for name in self.needs]
        if any(len(side) < 2 or min(side) <= 0 for side in sides):
            return not_recorded(spoken(self.measure), " or ".join(self.names(rows)))
        what = f"{spoken(self.measure)}, {' / '.join(self.names(rows))}:"
        return self.compare(ratio_interval(sides[0], sides[1], level), what, Unit())


class EvidenceRule(IntervalRule):
    """A figure that no run measures, from an `evidence.json` among the folders of the report."""

    kind: Literal["evidence"]
    figure: str
    tolerance: float = 0.0

    @property
    def needs(self) -> tuple[str, ...]:
        return ()

    def settle(
        self, rows: Mapping[str, Row], evidence: Mapping[str, float], level: float
    ) -> Finding:
        if self.figure not in evidence:
            return Finding("undecided", f"needs an evidence.json with {self.figure!r}")
        value = evidence[self.figure]
        return self.compare(
            Estimate(value, value - self.tolerance, value + self.tolerance), self.figure, Unit()
        )
