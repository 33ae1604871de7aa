"""Intervals that hold simultaneously for all comparisons of a family."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from scipy import stats
from scipy.stats import qmc

from rnn_sentiment.report.statistics import LEVEL, Estimate
from rnn_sentiment.report.variance import Means, Strata, means

ENOUGH_SEEDS = 3  # two may agree by chance, which says nothing about their spread
POINTS = 2**13  # of the quadrature; gives quantiles to about half a percent
MOST_NUMBERS = 2**20  # of a table in memory, so that it fits into a cache
# A spread estimated from few seeds is inaccurate, but it is treated as exact. In simulations
# (benchmarks/verdicts), this makes errors more frequent than the level says, by about this much.
HASTE = 1.2


@dataclass(frozen=True)
class Family:
    """Contrasts of means that are judged together.

    Attributes:
        means: the means, of at least three seeds each.
        contrasts: weights of the means in each figure, `(P, K)`.
    """

    means: Means
    contrasts: np.ndarray

    @cached_property
    def values(self) -> np.ndarray:
        """The figures, `(P,)`."""
        return np.asarray(self.contrasts @ self.means.values)

    @cached_property
    def errors(self) -> np.ndarray:
        """Their standard errors, `(P,)`."""
        return standard_errors(self.means, self.means.seeds, self.contrasts)

    @cached_property
    def chance(self) -> np.ndarray:
        """The largest |t| of all figures if nothing differs, sorted, one for each Sobol point."""
        return largest_of_chance(self.means, self.contrasts)

    def multiple(self, level: float) -> float:
        """How many standard errors the intervals reach to each side."""
        return float(np.quantile(self.chance, 1 - (1 - level) * caution(self.means.num_seeds)))

    def p_values(self, sizes: np.ndarray) -> np.ndarray:
        """Probabilities of |t| as large as these if nothing differs, adjusted for the family."""
        above = 1 - np.searchsorted(self.chance, sizes) / len(self.chance)
        return np.asarray(np.minimum(above / caution(self.means.num_seeds), 1))

    def estimates(self, level: float = LEVEL) -> list[Estimate]:
        """Estimates whose intervals all hold together with a probability of `level`.

        Every interval is the figure plus or minus the same multiple of its standard error. That
        multiple is the quantile of the largest of all |t| if nothing differs and spreads are as
        estimated: the parametric bootstrap of Krishnamoorthy, Lu and Mathew (2007,
        doi:10.1016/j.csda.2006.09.039), but over Sobol's points instead of random draws, so that
        the same runs always give the same verdict.
        """
        half = self.multiple(level) * self.errors
        sizes = np.divide(
            np.abs(self.values),
            self.errors,
            out=np.where(self.values == 0, 0.0, np.inf),
            where=self.errors > 0,
        )
        fewest = [int(self.means.num_seeds[row != 0].min()) for row in self.contrasts]
        return [
            Estimate(float(v), float(v - h), float(v + h), float(e), float(q), n)
            for v, h, e, q, n in zip(
                self.values, half, self.errors, self.p_values(sizes), fewest, strict=True
            )
        ]

    def detectable(self, power: float) -> np.ndarray:
        """The smallest differences that this design detects with probability `power`, `(P,)`."""
        return np.asarray((self.multiple(LEVEL) + stats.norm.ppf(power)) * self.errors)


def caution(num_seeds: np.ndarray) -> float:
    """The share of an allowed error that is used up: less with few seeds."""
    return float(1 - HASTE / (num_seeds.min() - 1))


def pairs(num: int) -> np.ndarray:
    """Contrasts of all pairs of `num` means, the first minus the second: `(P, num)`."""
    first, second = np.triu_indices(num, 1)
    return np.asarray(np.eye(num)[first] - np.eye(num)[second])


def difference(
    a: np.ndarray, b: np.ndarray | None, strata: Strata = (), level: float = LEVEL
) -> Estimate:
    """The accuracy of one architecture minus that of another, or its own accuracy.

    Args:
        a: whether each seed gets each review right, `(S_a, N)` bool.
        b: the same for the other architecture on the same reviews, `(S_b, N)`.
        strata: see `means`.
        level: level of the interval, which is not known with fewer than three seeds.
    """
    sides = [a] if b is None else [a, b]
    found = means(sides, strata)
    weights = np.array([[1.0, -1.0][: len(sides)]])
    if found.num_seeds.min() < ENOUGH_SEEDS:
        value = float((weights @ found.values)[0])
        return Estimate(value, np.nan, np.nan, num_seeds=int(found.num_seeds.min()))
    return own(found, level) if b is None else Family(found, weights).estimates(level)[0]


def own(found: Means, level: float = LEVEL) -> Estimate:
    """The figure of one architecture, with an interval for fresh seeds and other reviews.

    It adds the squares of Student's interval for the seeds and of the normal one for the reviews
    (Graybill and Wang, 1980, doi:10.1080/01621459.1980.10477565), and so holds whichever part is
    the larger one (benchmarks/verdicts).
    """
    value, num = float(found.values[0]), int(found.num_seeds[0])
    seeds = max(found.seeds[0] - found.chance[0], 0)  # the rest is already in the reviews' part
    reviews = max(found.reviews[0, 0], 0)
    tail = (1 + level) / 2
    half = float(
        np.sqrt(stats.t.ppf(tail, num - 1) ** 2 * seeds + stats.norm.ppf(tail) ** 2 * reviews)
    )
    return Estimate(
        value, value - half, value + half, float(np.sqrt(seeds + reviews)), num_seeds=num
    )


def standard_errors(found: Means, seeds: np.ndarray, contrasts: np.ndarray) -> np.ndarray:
    """Standard errors of contrasts, `(..., P)`, for variances over seeds `(..., K)`."""
    excess = np.maximum(seeds - found.chance, 0)  # the rest is already in the reviews' part
    fixed = np.einsum("pk,kl,pl->p", contrasts, found.reviews, contrasts)
    return np.asarray(np.sqrt(np.maximum(fixed, 0) + excess @ (contrasts**2).T))


def largest_of_chance(found: Means, contrasts: np.ndarray) -> np.ndarray:
    """The largest |t| of all contrasts if nothing differs, sorted, one for each Sobol point."""
    num = len(found.values)
    normal, spread = points(num, tuple(found.num_seeds.tolist()))
    seeds = np.maximum(found.seeds, found.chance)
    covariance = found.reviews + np.diag(seeds - found.chance)
    weights, vectors = np.linalg.eigh(covariance)
    root = vectors * np.sqrt(np.maximum(weights, 0))
    step = max(1, MOST_NUMBERS // len(contrasts))
    largest = []
    for start in range(0, POINTS, step):
        here = slice(start, start + step)
        drawn = np.abs(normal[here] @ root.T @ contrasts.T)
        errors = standard_errors(found, seeds * spread[here], contrasts)
        ratio = np.divide(drawn, errors, out=np.zeros_like(drawn), where=errors > 0)
        largest.append(ratio.max(1))
    return np.sort(np.concatenate(largest))


@lru_cache(maxsize=8)
def points(num: int, num_seeds: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Normal and chi-squared numbers, these over their degrees of freedom: `(POINTS, num)` each."""
    with np.errstate(all="ignore"):
        drawn = qmc.Sobol(2 * num, scramble=False).random(POINTS)
    drawn = (drawn + 0.5 / POINTS) % 1
    freedom = np.array(num_seeds) - 1
    return stats.norm.ppf(drawn[:, :num]), stats.chi2.ppf(drawn[:, num:], freedom) / freedom
