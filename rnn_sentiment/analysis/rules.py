"""Kinds of rules: from rows of runs to an outcome with its figures."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Annotated, Literal

import numpy as np
from pydantic import AfterValidator, BaseModel, ConfigDict
from scipy import stats

from rnn_sentiment.analysis.grouping import Row
from rnn_sentiment.analysis.measures import MEASURES, NUM_FIFTHS, length_fifths
from rnn_sentiment.analysis.statistics import (
    LEVEL,
    Estimate,
    difference,
    holm,
    mean_interval,
    ratio_interval,
)

Outcome = Literal["confirmed", "refuted", "undecided"]
MARGIN = 0.01  # a point of accuracy: what counts as equal unless a rule says another


@dataclass(frozen=True)
class Finding:
    """Outcome of a rule, the figures that led to it, and the runs behind them."""

    outcome: Outcome
    text: str
    runs: tuple[str, ...] = ()


def known(measure: str) -> str:
    """Refuse measures that do not exist."""
    if measure not in MEASURES:
        raise ValueError(f"no measure {measure!r}; there are {', '.join(MEASURES)}")
    return measure


MeasureName = Annotated[str, AfterValidator(known)]


class Rule(BaseModel, ABC):
    """What settles one test of a claim."""

    model_config = ConfigDict(extra="forbid")

    fewest_seeds: int = 3

    @property
    @abstractmethod
    def needs(self) -> tuple[str, ...]:
        """Labels of the rows that the rule reads."""

    @abstractmethod
    def judge(self, rows: Mapping[str, Row], evidence: Mapping[str, float]) -> Finding:
        """Settle the test from rows that are all there."""


class Against(Rule):
    """A rule that holds an interval against a figure: `equals`, `above` or `below` it.

    An interval confirms a figure that it contains where it reaches no further from it than
    `reach`; a wide one contains a lot, and decides nothing.
    """

    equals: float | None = None
    above: float | None = None
    below: float | None = None

    def reach(self, figure: float) -> float:
        """How far from a figure an interval may reach that confirms it."""
        return math.inf

    def hold(self, estimate: Estimate, what: str) -> Finding:
        """Confirmed or refuted where the interval leaves no doubt."""
        if not estimate.known:
            return Finding("undecided", f"{what} {estimate.value:.4g}, interval not known")
        text = f"{what} {estimate.value:.4g} [{estimate.low:.4g}, {estimate.high:.4g}]"
        if self.equals is not None:
            figure, reach = self.equals, self.reach(self.equals)
            if not estimate.contains(figure):
                place = "above" if estimate.above(figure) else "below"
                return Finding("refuted", f"{text} lies {place} {figure:g}")
            if not estimate.inside(figure - reach, figure + reach):
                wide = f"contains {figure:g}, but reaches further from it than {reach:g}"
                return Finding("undecided", f"{text} {wide}")
            return Finding("confirmed", f"{text} contains {figure:g}")
        if self.above is not None:
            limit, yes, no = self.above, estimate.above(self.above), estimate.below(self.above)
        else:
            limit = self.below if self.below is not None else 0.0
            yes, no = estimate.below(limit), estimate.above(limit)
        if estimate.low == estimate.high == limit:
            return Finding("refuted", f"{text} is {limit:g}")
        outcome: Outcome = "confirmed" if yes else "refuted" if no else "undecided"
        side = "above" if estimate.above(limit) else "below"
        return Finding(outcome, f"{text} {f'lies {side}' if yes or no else 'contains'} {limit:g}")


class FigureRule(Against):
    """The mean of a measure over seeds against a figure."""

    kind: Literal["figure"]
    run: str
    measure: MeasureName
    margin: float = MARGIN

    def reach(self, figure: float) -> float:
        return self.margin

    @property
    def needs(self) -> tuple[str, ...]:
        return (self.run,)

    def judge(self, rows: Mapping[str, Row], evidence: Mapping[str, float]) -> Finding:
        values = measured(rows[self.run], self.measure)
        if len(values) < 2:
            return lacking(self.measure, self.run)
        return self.hold(mean_interval(list(values.values())), f"{self.run}: {self.measure}")


class RatioRule(Against):
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

    def judge(self, rows: Mapping[str, Row], evidence: Mapping[str, float]) -> Finding:
        sides = [list(measured(rows[name], self.measure).values()) for name in self.needs]
        if any(len(side) < 2 or min(side) <= 0 for side in sides):
            return lacking(self.measure, f"{self.a} or {self.b}")
        return self.hold(ratio_interval(*sides), f"{self.measure}, {self.a} / {self.b}:")


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


class EvidenceRule(Against):
    """A figure that no run measures, from an `evidence.json` among the folders of the report."""

    kind: Literal["evidence"]
    figure: str
    tolerance: float = 0.0

    @property
    def needs(self) -> tuple[str, ...]:
        return ()

    def judge(self, rows: Mapping[str, Row], evidence: Mapping[str, float]) -> Finding:
        if self.figure not in evidence:
            return Finding("undecided", f"needs an evidence.json with {self.figure!r}")
        value = evidence[self.figure]
        return self.hold(
            Estimate(value, value - self.tolerance, value + self.tolerance), self.figure
        )


RULES = (
    FigureRule
    | RatioRule
    | DifferenceRule
    | LengthRule
    | SensitiveRule
    | SpreadRule
    | IdenticalRule
    | EvidenceRule
)


def measured(row: Row, measure: str) -> dict[int, float]:
    """A measure by seed, of the runs that have it."""
    found = {run.seed: MEASURES[measure](run) for run in row.runs}
    return {seed: float(value) for seed, value in found.items() if value is not None}


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


def lacking(what: str, where: str) -> Finding:
    """Undecided, for want of a figure."""
    return Finding("undecided", f"{where}: {what} is not recorded")
