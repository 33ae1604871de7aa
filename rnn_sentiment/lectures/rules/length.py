"""A rule about what is lost on long reviews."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from rnn_sentiment.lectures.rules.rule import MARGIN, Finding, Outcome, Rule, Unit, not_recorded
from rnn_sentiment.report.family import difference
from rnn_sentiment.report.measures import NUM_FIFTHS, length_fifths
from rnn_sentiment.report.row import Row


class LengthRule(Rule):
    """The drop in accuracy from the shortest fifth of the reviews to the longest.

    It is `more` than that of `against`, or the same within the margin (`equal`); without `against`,
    it lies within the margin.
    """

    kind: Literal["length_drop"]
    run: str
    against: str | None = None
    expect: Literal["more", "equal"] = "more"
    margin: float = MARGIN

    @property
    def needs(self) -> tuple[str, ...]:
        return (self.run, self.against) if self.against else (self.run,)

    def settle(
        self, rows: Mapping[str, Row], evidence: Mapping[str, float], level: float
    ) -> Finding:
        sides = [rows[name].correct for name in self.needs]
        reviews = rows[self.run].reviews
        if reviews is None or any(side is None for side in sides):
            return not_recorded("predictions", " or ".join(self.names(rows)))
        if len(reviews) < NUM_FIFTHS:
            return not_recorded(f"a test part of {NUM_FIFTHS} texts", self.names(rows)[0])
        fifths = length_fifths(reviews)
        strata = [(fifths == 0, 1.0), (fifths == NUM_FIFTHS - 1, -1.0)]
        assert sides[0] is not None
        estimate = difference(sides[0], sides[1] if self.against else None, strata, level)
        unit = Unit.of("test_accuracy", differs=True)
        text = f"drop of {' − that of '.join(self.names(rows))}: {unit.interval(estimate)}"
        if self.against and self.expect == "more":
            yes, no = estimate.above(0), estimate.below(0)
        else:
            yes = estimate.inside(-self.margin, self.margin)
            no = estimate.above(self.margin) or estimate.below(-self.margin)
            text += f", margin {unit.distance(self.margin)}"
        outcome: Outcome = "confirmed" if yes else "refuted" if no else "undecided"
        return Finding(outcome, text, unit.scaled(estimate))
