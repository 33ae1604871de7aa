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
    """A figure, its 95 % interval and what that rests on.

    `low` and `high` are NaN where the spread is not known; `p` is that of no difference.
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


def mean_interval(values: Numbers) -> Estimate:
    """Mean over seeds with Student's interval; p of a mean of zero."""
    given = np.asarray(values, float)
    mean, num = float(given.mean()), len(given)
    if num < 2:
        return Estimate(mean, np.nan, np.nan, num_seeds=num)
    sd = float(given.std(ddof=1))
    half = stats.t.ppf((1 + LEVEL) / 2, num - 1) * sd / num**0.5
    p = 2 * stats.t.sf(abs(mean) * num**0.5 / sd, num - 1) if sd else float(mean == 0)
    return Estimate(mean, mean - half, mean + half, sd, float(p), num)


def ratio_interval(a: Numbers, b: Numbers) -> Estimate:
    """Ratio of the geometric means of positive figures, by Welch's interval of their logarithms."""
    logs = np.log(a), np.log(b)
    value = float(np.exp(logs[0].mean() - logs[1].mean()))
    num = min(len(a), len(b))
    if num < 2:
        return Estimate(value, np.nan, np.nan, num_seeds=num)
    squares = [log.var(ddof=1) / len(log) if np.ptp(log) else 0.0 for log in logs]
    if not any(squares):  # as with numbers of parameters
        return Estimate(value, value, value, 0.0, float(value == 1), num)
    se = sum(squares) ** 0.5
    df = se**4 / sum(s**2 / (len(log) - 1) for s, log in zip(squares, logs, strict=True))
    half = float(stats.t.ppf((1 + LEVEL) / 2, df) * se)
    p = float(2 * stats.t.sf(abs(np.log(value)) / se, df))
    return Estimate(value, value / np.exp(half), value * np.exp(half), p=p, num_seeds=num)


def mcnemar(a: np.ndarray, b: np.ndarray) -> float:
    """P-value of McNemar's test of two models' correct answers, `(N,)` each, in its mid-p version.

    Fagerland, Lydersen and Laake (2013), doi:10.1186/1471-2288-13-91.
    """
    first, second = int((a & ~b).sum()), int((~a & b).sum())
    total, least = first + second, min(first, second)
    exact = 2 * stats.binom.cdf(least, total, 0.5) - stats.binom.pmf(least, total, 0.5)
    return float(min(exact, 1.0))


def holm(p_values: Numbers) -> np.ndarray:
    """Adjust p-values of several tests (Holm, 1979)."""
    given = np.asarray(p_values, float)
    order = np.argsort(given)
    factors = np.arange(len(given), 0, -1)
    adjusted = np.minimum(np.maximum.accumulate(given[order] * factors), 1)
    result = np.empty_like(given)
    result[order] = adjusted
    return result
