"""Intervals and tests of figures over seeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

LEVEL = 0.95

Numbers = Sequence[float] | np.ndarray


@dataclass(frozen=True)
class Estimate:
    """A figure with its 95 % interval, and what the interval is based on.

    `low` and `high` are NaN if the spread is not known; `p` tests for no difference.
    """

    value: float
    low: float
    high: float
    sd: float = float("nan")
    p: float = float("nan")
    num_seeds: int = 0

    @property
    def known(self) -> bool:
        """Whether there is an interval."""
        return bool(np.isfinite(self.low) and np.isfinite(self.high))

    def above(self, figure: float) -> bool:
        """Whether the interval lies above a figure."""
        return self.low > figure

    def below(self, figure: float) -> bool:
        """Whether the interval lies below a figure."""
        return self.high < figure

    def inside(self, low: float, high: float) -> bool:
        """Whether the interval lies inside another one, which is what equivalence means."""
        return low <= self.low and self.high <= high

    def contains(self, figure: float) -> bool:
        """Whether a figure lies inside the interval."""
        return self.low <= figure <= self.high


def mean_interval(values: Numbers, level: float = LEVEL) -> Estimate:
    """Mean over seeds with Student's interval; p of a mean of zero."""
    given = np.asarray(values, float)
    mean, num = float(given.mean()), len(given)
    if num < 2:
        return Estimate(mean, np.nan, np.nan, num_seeds=num)
    sd = float(given.std(ddof=1))
    half = stats.t.ppf((1 + level) / 2, num - 1) * sd / num**0.5
    p = 2 * stats.t.sf(abs(mean) * num**0.5 / sd, num - 1) if sd else float(mean == 0)
    return Estimate(mean, mean - half, mean + half, sd, float(p), num)


def prediction_interval(values: Numbers, noise: float = 0.0, level: float = LEVEL) -> Estimate:
    """The interval for one more seed, by Student's t, around the mean of at least two.

    Args:
        values: the figure of each seed.
        noise: further variance of a single figure, such as that of a sample of reviews.
        level: of the interval.
    """
    given = np.asarray(values, float)
    mean, num = float(given.mean()), len(given)
    variance = float(given.var(ddof=1)) * (1 + 1 / num) + noise
    half = float(stats.t.ppf((1 + level) / 2, num - 1)) * variance**0.5
    return Estimate(mean, mean - half, mean + half, variance**0.5, num_seeds=num)


def welch(a: Numbers, b: Numbers, level: float = LEVEL) -> Estimate:
    """Difference of the means of at least two figures each, with Welch's interval."""
    sides = [np.asarray(side, float) for side in (a, b)]
    value, num = float(sides[0].mean() - sides[1].mean()), min(map(len, sides))
    squares = [side.var(ddof=1) / len(side) if np.ptp(side) else 0.0 for side in sides]
    if not any(squares):  # as with numbers of parameters
        return Estimate(value, value, value, 0.0, float(value == 0), num)
    se = float(sum(squares) ** 0.5)
    df = se**4 / sum(s**2 / (len(x) - 1) for s, x in zip(squares, sides, strict=True))
    half = float(stats.t.ppf((1 + level) / 2, df) * se)
    p = float(2 * stats.t.sf(abs(value) / se, df))
    return Estimate(value, value - half, value + half, se, p, num)


def ratio_interval(a: Numbers, b: Numbers, level: float = LEVEL) -> Estimate:
    """Ratio of the geometric means of positive figures, by Welch's interval of their logarithms."""
    if min(len(a), len(b)) < 2:
        value = float(np.exp(np.log(a).mean() - np.log(b).mean()))
        return Estimate(value, np.nan, np.nan, num_seeds=min(len(a), len(b)))
    found = welch(np.log(a), np.log(b), level)
    value, low, high = (float(np.exp(x)) for x in (found.value, found.low, found.high))
    return Estimate(value, low, high, p=found.p, num_seeds=found.num_seeds)


def mcnemar(a: np.ndarray, b: np.ndarray) -> float:
    """P-value of McNemar's test of two models' correct answers, `(N,)` each, in its mid-p version.

    Fagerland, Lydersen and Laake (2013), doi:10.1186/1471-2288-13-91.
    """
    first, second = int((a & ~b).sum()), int((~a & b).sum())
    total, least = first + second, min(first, second)
    exact = 2 * stats.binom.cdf(least, total, 0.5) - stats.binom.pmf(least, total, 0.5)
    return float(min(exact, 1.0))


def superiority(a: Numbers, b: Numbers) -> float:
    """Probability that a fresh seed of `a` beats a fresh seed of `b`, from at least two of each.

    Student's predictive distribution of the difference of two single figures, with Welch's
    degrees of freedom.
    """
    sides = [np.asarray(side, float) for side in (a, b)]
    gap = sides[0].mean() - sides[1].mean()
    terms = np.array([side.var(ddof=1) * (1 + 1 / len(side)) for side in sides])
    if not terms.sum():
        return float(0.5 + 0.5 * np.sign(gap))
    freedom = np.array([len(side) - 1 for side in sides])
    df = terms.sum() ** 2 / (terms**2 / freedom).sum()
    return float(stats.t.cdf(gap / terms.sum() ** 0.5, df))
