"""Simulated pairs of architectures that gain seeds one by one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import stats

from benchmarks.verdicts.simulate import CHANCE, OWN
from rnn_sentiment.report.anytime import half_widths, shared
from rnn_sentiment.report.family import ENOUGH_SEEDS, pairs, standard_errors
from rnn_sentiment.report.statistics import LEVEL
from rnn_sentiment.report.variance import Means


@dataclass(frozen=True)
class Look:
    """What is seen of many pairs after so many seeds of each, in points.

    Attributes:
        num_seeds: of each architecture, `(2,)`.
        values: mean accuracies, `(P, 2)`.
        seeds: variances of the means as seeds show them, `(P, 2)`.
    """

    num_seeds: np.ndarray
    values: np.ndarray
    seeds: np.ndarray

    @property
    def difference(self) -> np.ndarray:
        """The first mean less the second, `(P,)`."""
        return np.asarray(self.values[:, 0] - self.values[:, 1])

    def means(self, pair: int = 0) -> Means:
        """One of the pairs as the report knows it."""
        chance = np.full(2, CHANCE**2 / self.num_seeds[0])
        reviews = np.diag(OWN**2 + chance)
        return Means(self.values[pair], self.num_seeds, self.seeds[pair], chance, reviews)

    def half_width(self, level: float) -> np.ndarray:
        """Of the intervals that hold at all looks together, `(P,)`."""
        found = self.means()
        seeds = np.maximum(self.seeds, found.chance)
        return half_widths(shared(found), seeds, self.num_seeds, 1 - level)

    def fixed_half_width(self) -> np.ndarray:
        """Of Student's 95 % intervals, which allow for one look, `(P,)`."""
        errors = standard_errors(self.means(), self.seeds, pairs(2))[:, 0]
        freedom = self.seeds.sum(1) ** 2 / (self.seeds**2 / (self.num_seeds - 1)).sum(1)
        return np.asarray(stats.t.isf((1 - LEVEL) / 2, freedom) * errors)


def looks(
    generator: np.random.Generator,
    spreads: tuple[float, float],
    num: int,
    most: int,
    difference: float = 0.0,
    collapse: float = 0.0,
) -> Iterator[Look]:
    """Pairs of architectures after 3, 4, ... seeds of each; the first is better by `difference`."""
    drawn = generator.normal(size=(num, 2, most)) * np.array(spreads)[:, None]
    drawn -= collapse * (generator.random(drawn.shape) < 0.1)
    drawn += generator.normal(size=(num, 2, 1)) * OWN + np.array([[difference], [0.0]])
    for seeds in range(ENOUGH_SEEDS, most + 1):
        seen = drawn[:, :, :seeds]
        yield Look(np.full(2, seeds), seen.mean(2), seen.var(2, ddof=1) / seeds)
