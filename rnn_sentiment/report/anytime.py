"""A pair inspected after every seed, with intervals that hold at all looks simultaneously."""

from __future__ import annotations

import numpy as np
from scipy import optimize, stats

from rnn_sentiment.report.family import Family, caution
from rnn_sentiment.report.variance import Means

MOST_SEEDS = 100  # of each architecture; the guarantee was simulated up to this number
OF_REVIEWS = 0.4  # the share of the allowed error that the choice of test reviews may use up
LEAST = 1e-300


class Anytime(Family):
    """A pair whose seeds were added by someone who saw the scores.

    The intervals after 3, 4, 5, ... seeds hold *all together* with the probability that they state,
    so it does not matter when or why one stops. They are no fixed multiple of a standard error; see
    `half_widths`.
    """

    def multiple(self, level: float) -> float:
        """How many standard errors the interval reaches to each side."""
        return self.half_width(1 - level) / float(self.errors[0])

    def p_values(self, sizes: np.ndarray) -> np.ndarray:
        """The allowed error at which the interval just reaches zero, `(1,)`."""
        value = float(sizes[0] * self.errors[0])

        def beyond(exponent: float) -> float:
            return value - self.half_width(10**exponent)

        least = float(np.log10(LEAST))
        if not np.isfinite(value) or beyond(least) > 0:
            return np.zeros(1)
        return np.array([1.0 if beyond(0) < 0 else 10 ** optimize.brentq(beyond, least, 0)])

    def half_width(self, allowed: float) -> float:
        """Half the width of the interval that errs over all looks in a share `allowed` of cases."""
        found = self.means
        seeds = np.maximum(found.seeds, found.chance)
        return float(half_widths(shared(found), seeds, found.num_seeds, allowed))


def shared(found: Means) -> float:
    """The part of a difference's variance that all looks share: the choice of reviews."""
    reviews = found.reviews - np.diag(found.chance)
    return max(float(reviews[0, 0] + reviews[1, 1] - 2 * reviews[0, 1]), 0.0)


def half_widths(
    common: float, seeds: np.ndarray, num_seeds: np.ndarray, allowed: float
) -> np.ndarray:
    """Half the widths of the intervals of differences at a single look.

    The look at n seeds uses up a share 1 / n of the allowed error, and less with few seeds
    (`caution`, squared). The choice of reviews is the same at all looks and costs only once. The
    two half-widths are added as squares. Simulation shows that all looks together err no more
    often than is allowed (benchmarks/verdicts), though the shares add up to more than one: looks
    have most of their seeds in common.

    Args:
        common: variance that all looks share.
        seeds: variances of both means as estimated from their seeds, `(..., 2)`.
        num_seeds: number of seeds of each mean, `(2,)`.
        allowed: the allowed error over all looks.
    """
    total = seeds.sum(-1)
    with np.errstate(invalid="ignore"):
        welch = total**2 / (seeds**2 / (num_seeds - 1)).sum(-1)
    freedom = np.where(total > 0, welch, num_seeds.min() - 1)
    spent = caution(num_seeds) ** 2 / float(num_seeds.max())
    reach = stats.t.isf(allowed * spent / 2, freedom)
    fixed = stats.norm.isf(allowed * OF_REVIEWS / 2)
    return np.asarray(np.sqrt(fixed**2 * common + reach**2 * total))
