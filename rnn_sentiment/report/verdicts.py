"""Verdicts on pairs of architectures: who beats whom, by how much, and what could be detected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import combinations, groupby
from typing import Literal

import numpy as np

from rnn_sentiment.report.anytime import Anytime
from rnn_sentiment.report.family import ENOUGH_SEEDS, Family
from rnn_sentiment.report.looks import until_settled
from rnn_sentiment.report.row import Row
from rnn_sentiment.report.statistics import LEVEL, Estimate, mcnemar, superiority
from rnn_sentiment.report.variance import means

POWER = 0.8
MARGIN = 0.005  # half a point of accuracy
Outcome = Literal["better", "equivalent", "undecided", "too few seeds"]
Pairs = list[tuple[Row, Row]]


@dataclass(frozen=True)
class Verdict:
    """The verdict on a pair in one family of comparisons; the higher mean comes first.

    Attributes:
        estimate: difference in test accuracy, as a share; its interval holds simultaneously with
            those of all pairs of the family, and `p` is adjusted for them.
        narrow: the same with 90 % intervals: two one-sided tests at 5 % each.
        family: the pattern of the rows whose pairs are judged together.
        margin: differences below it do not matter.
        detectable: the smallest difference of this pair that the design detects in 80 % of cases.
        odds: probability that a fresh seed of `a` beats a fresh one of `b` on this test part.
        mcnemar: p of two single runs; NaN otherwise.
    """

    a: Row
    b: Row
    estimate: Estimate
    narrow: Estimate
    family: str
    margin: float = MARGIN
    detectable: float = float("nan")
    odds: float = float("nan")
    mcnemar: float = float("nan")

    @property
    def outcome(self) -> Outcome:
        """`better` if the interval excludes zero, `equivalent` if it lies within the margin."""
        if not self.estimate.known:
            return "too few seeds"
        if not self.estimate.contains(0):
            return "better"
        return "equivalent" if self.narrow.inside(-self.margin, self.margin) else "undecided"

    @property
    def sentence(self) -> str:
        """The verdict in words."""
        a, b, value = self.a.name, self.b.name, points(self.estimate.value)
        if self.outcome == "better":
            little = self.narrow.inside(-self.margin, self.margin)
            less = f", less than the margin of {points(self.margin)}" if little else ""
            return f"{a} beats {b} by {interval(self.estimate)}{less}."
        if self.outcome == "equivalent":
            return (
                f"No difference between {a} and {b} that matters: {interval(self.narrow, 90)}, "
                f"within ±{points(self.margin)}."
            )
        if self.outcome == "undecided":
            return (
                f"Undecided between {a} and {b}: {interval(self.estimate)}. This design "
                f"finds {in_points(self.detectable)} points in {100 * POWER:.0f} % of cases."
            )
        if np.isfinite(self.mcnemar):
            found = "beats" if self.mcnemar < 1 - LEVEL else "is not shown to beat"
            return (
                f"This run of {a} {found} that of {b} ({value}, McNemar's p {self.mcnemar:.2g}); "
                "one seed each says nothing about the architectures."
            )
        return f"{a} and {b}: {value} apart; a verdict takes {ENOUGH_SEEDS} seeds of each."

    @property
    def fresh_runs(self) -> str:
        """A sentence on what a single run of each would show."""
        return (
            f"A fresh run of the first beats one of the second in {100 * self.odds:.0f} % of cases."
        )


def pairwise_verdicts(
    rows: Sequence[Row],
    baseline: str | None = None,
    patterns: Sequence[str] = ("*",),
    margin: float = MARGIN,
) -> list[Verdict]:
    """Compare the rows of each family: all pairs, or each with the row `baseline`.

    Rows without predictions are skipped. Rows with fewer than three seeds get no verdict and make
    the intervals of the others no wider. Nor does a pair whose seeds were added until it was
    settled, which is judged by intervals that allow for every look.

    Args:
        rows: of one setting, best first.
        baseline: label of a row.
        patterns: a family is the rows whose label matches one of these, as `capstone_*`.
        margin: differences below it do not matter, as a share.
    """
    verdicts = []
    for pattern in patterns:
        members = [r for r in rows if r.correct is not None and fnmatchcase(r.label, pattern)]
        asked = [
            (a, b)
            for a, b in combinations(members, 2)
            if baseline is None or baseline in (a.label, b.label)
        ]
        enough = [pair for pair in asked if min(len(row.runs) for row in pair) >= ENOUGH_SEEDS]
        looked_at = [pair for pair in enough if until_settled(*pair)]
        planned = [pair for pair in enough if pair not in looked_at]
        judged = judge(planned, pattern, margin) if planned else []
        judged += [v for pair in looked_at for v in judge([pair], pattern, margin, Anytime)]
        found = {(v.a.label, v.b.label): v for v in judged}
        verdicts += [found.get((a.label, b.label)) or unjudged(a, b, pattern) for a, b in asked]
    return verdicts


def centre(verdicts: Sequence[Verdict]) -> str:
    """Label of the row that most verdicts are about: the baseline, or else the best row."""
    labels = [row.label for verdict in verdicts for row in (verdict.a, verdict.b)]
    return max(dict.fromkeys(labels), key=labels.count)  # a tie is the best row's


def pairs_with_centre(verdicts: Sequence[Verdict]) -> Pairs:
    """The pairs of each family that its central row is in."""
    found: Pairs = []
    for _, members in groupby(verdicts, lambda verdict: verdict.family):
        family = list(members)
        label = centre(family)
        found += [(v.a, v.b) for v in family if label in (v.a.label, v.b.label)]
    return found


def judge(asked: Pairs, pattern: str, margin: float, kind: type[Family] = Family) -> list[Verdict]:
    """Verdicts on pairs of rows with enough seeds, as one family."""
    family = family_of(asked, kind)
    wide, narrow = family.estimates(), family.estimates(2 * LEVEL - 1)
    return [
        Verdict(
            a,
            b,
            one,
            other,
            pattern,
            margin,
            float(least),
            superiority(a.accuracies, b.accuracies),
        )
        for (a, b), one, other, least in zip(
            asked, wide, narrow, family.detectable(POWER), strict=True
        )
    ]


def family_of(asked: Pairs, kind: type[Family] = Family) -> Family:
    """The family of the differences of pairs of rows, the first minus the second."""
    rows = {row.label: row for pair in asked for row in pair}
    places = {label: place for place, label in enumerate(rows)}
    contrasts = np.zeros((len(asked), len(rows)))
    for line, (a, b) in zip(contrasts, asked, strict=True):
        line[places[a.label]], line[places[b.label]] = 1, -1
    return kind(means([r.correct for r in rows.values() if r.correct is not None]), contrasts)


def unjudged(a: Row, b: Row, pattern: str) -> Verdict:
    """A pair with too few seeds; McNemar's test where both are single runs."""
    assert a.correct is not None
    assert b.correct is not None
    value = float(a.correct.mean() - b.correct.mean())
    fewest = min(len(a.runs), len(b.runs))
    estimate = Estimate(value, np.nan, np.nan, num_seeds=fewest)
    single = len(a.runs) == len(b.runs) == 1
    p = mcnemar(a.correct[0], b.correct[0]) if single else np.nan
    return Verdict(a, b, estimate, estimate, pattern, mcnemar=p)


def in_points(share: float) -> str:
    """A detectable difference in points, at most 100."""
    return "over 100" if share > 1 else f"{100 * share:.1f}"


def points(share: float) -> str:
    """A difference of accuracies in points: `4.1 points`."""
    return f"{round(100 * share, 1) + 0.0:.1f} points"


def interval(estimate: Estimate, level: int = 95) -> str:
    """A difference in points of accuracy with its interval: `4.1 points [3.4, 4.8]`.

    It has two decimals if one would round an end of the interval to zero.
    """
    low, high = 100 * estimate.low, 100 * estimate.high
    digits = 2 if min(abs(low), abs(high)) < 0.05 else 1
    value, low, high = (round(x, digits) + 0.0 for x in (100 * estimate.value, low, high))
    note = "" if level == 95 else f" at {level} %"
    return f"{value:.{digits}f} points [{low:.{digits}f}, {high:.{digits}f}]{note}"
