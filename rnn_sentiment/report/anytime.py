"""One pair that is looked at after every seed: intervals that hold at all looks together."""

from __future__ import annotations

import numpy as np
from scipy import stats

from rnn_sentiment.report.family import Family, caution

MOST_SEEDS = 100  # of each architecture: as far as the promise was simulated


class Anytime(Family):
    """A pair whose seeds were added by someone who saw the scores.

    The intervals after 3, 4, 5, ... seeds hold *all together* with the probability that they state,
    so it does not matter when one stops, or why. They are Student's, and the look at n seeds uses
    up a share 1 / n of the error that is allowed; less with few seeds (`caution`, squared). Looks
    have most of their seeds in common, so the shares may add up to more than one: simulation shows
    that the promise is kept (benchmarks/verdicts).
    """

    def multiple(self, level: float) -> float:
        """How many standard errors the interval reaches to each side."""
        allowed = (1 - level) * spent(self.means.num_seeds)
        return float(stats.t.isf(allowed / 2, self.freedom()[0]))

    def p_values(self, sizes: np.ndarray) -> np.ndarray:
        """The error allowed at which an interval, over all looks, just reaches zero."""
        found = 2 * stats.t.sf(sizes, self.freedom()) / spent(self.means.num_seeds)
        return np.asarray(np.minimum(found, 1))

    def freedom(self) -> np.ndarray:
        """Degrees of freedom of the standard error, `(1,)`."""
        return degrees_of_freedom(self.means.seeds, self.means.num_seeds, self.errors)


def spent(num_seeds: np.ndarray) -> float:
    """The share of the error allowed that a look at so many seeds of each, `(2,)`, uses up."""
    return caution(num_seeds) ** 2 / float(num_seeds.max())


def degrees_of_freedom(seeds: np.ndarray, num_seeds: np.ndarray, errors: np.ndarray) -> np.ndarray:
    """Welch's of the seeds, divided by their share of the squared standard error.

    Satterthwaite's would be divided by the square of that share, as if it were known, and with
    three seeds of a steady and an unsteady architecture the promise would not be kept.

    Args:
        seeds: variances of the two means as seeds show them, `(..., 2)`.
        num_seeds: of each, `(2,)`.
        errors: standard errors of the difference, `(...)`.
    """
    total = seeds.sum(-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        welch = total**2 / (seeds**2 / (num_seeds - 1)).sum(-1)
        found = welch / np.minimum(total / errors**2, 1)
    return np.asarray(
        np.where(total > 0, found, num_seeds.min() - 1)
    )  # seeds that agree show no spread
