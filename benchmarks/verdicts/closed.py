"""Rules for a pair by itself that need no bootstrap: both parts' intervals, added as squares.

Half the width of an interval is the root of Student's square for the spread of seeds and the normal
one for the choice of reviews. The rules differ in Student's degrees of freedom and in the error
allowed. `tried` writes what they reach into `tried.csv`.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations_with_replacement

import numpy as np
import pandas as pd
from scipy import stats

from benchmarks.verdicts.simulate import CHANCE, OWN
from rnn_sentiment.report.statistics import LEVEL

KIND = "a pair by itself"
SPREADS = (0.2, 0.33, 0.5, 0.7, 1.0, 1.4, 2.0)
CONTESTS = 100_000  # a cell: coverage is then known to 0.07 points


@dataclass(frozen=True)
class Rule:
    """A rule for the difference of two means.

    Attributes:
        haste: the error allowed is 5 % times 1 - haste / (seeds - 1).
        shown: whether degrees of freedom are those of spreads as seeds show them; or else of what
            they show beyond the chance of reviews.
        unbiased: whether degrees of freedom allow for fourth powers of spreads being overestimated.
    """

    title: str
    haste: float = 0.0
    shown: bool = False
    unbiased: bool = False

    def half_widths(self, shown: np.ndarray, seeds: int) -> np.ndarray:
        """Of the intervals of pairs whose means have the variances `shown`, `(N, 2)`."""
        chance, freedom = CHANCE**2 / seeds, seeds - 1
        seen = np.maximum(shown, chance)
        excess = seen - chance
        sides = seen if self.shown else excess + 1e-30
        effective = sides.sum(1) ** 2 / (sides**2).sum(1)  # from 1 to 2 sides
        degrees = (freedom + 2) * effective - 2 if self.unbiased else freedom * effective
        tail = (1 - LEVEL) * (1 - self.haste / freedom) / 2
        grid = np.linspace(0.9 * freedom, 2 * freedom + 2.1, 400)
        student = np.interp(degrees, grid, stats.t.isf(tail, grid))
        reviews = 2 * (OWN**2 + chance)
        return np.asarray(np.sqrt(student**2 * excess.sum(1) + stats.norm.isf(tail) ** 2 * reviews))


RULES = {
    "closed": Rule("both parts' intervals, added as squares, without a bootstrap"),
    "closed_stricter": Rule("the same, the error allowed × (1 − 0.1 / (seeds − 1))", 0.1),
    "closed_shown": Rule(
        "the same at degrees of freedom of whole spreads, × (1 − 0.3 / (seeds − 1))", 0.3, True
    ),
    "closed_unbiased": Rule(
        "the same at unbiased ones of whole spreads, × (1 − 0.8 / (seeds − 1))", 0.8, True, True
    ),
}


def try_closed(seeds: int) -> pd.DataFrame:
    """Least and largest coverage of each rule over all pairs of spreads, in percent."""
    generator, covered = np.random.default_rng([2, seeds]), []
    for spread in combinations_with_replacement(SPREADS, 2):
        variances = np.square(spread) / seeds
        shown = variances * generator.chisquare(seeds - 1, (CONTESTS, 2)) / (seeds - 1)
        drawn = generator.normal(size=CONTESTS) * np.sqrt(2 * OWN**2 + variances.sum())
        covered.append(
            [(np.abs(drawn) <= rule.half_widths(shown, seeds)).mean() for rule in RULES.values()]
        )
    percent = 100 * np.array(covered)
    return pd.DataFrame(
        {
            "rule": list(RULES),
            "comparison": KIND,
            "seeds": seeds,
            "cells": len(percent),
            "least": percent.min(0).round(2),
            "most": percent.max(0).round(2),
        }
    )
