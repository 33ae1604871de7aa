"""Variances of accuracies over seeds and test reviews, in closed form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

Strata = Sequence[tuple[np.ndarray, float]]


@dataclass(frozen=True)
class Means:
    """A figure of K architectures that were tested on the same reviews.

    Attributes:
        values: the figure of each, as the mean over its seeds, `(K,)`.
        num_seeds: of each, `(K,)`.
        seeds: variance of each mean as estimated from its seeds, `(K,)`; 0 with one seed.
        chance: the part of it that is a seed's chance on single reviews, `(K,)`.
        reviews: covariances of the means over test reviews, `(K, K)`; they hold `chance` too.
    """

    values: np.ndarray
    num_seeds: np.ndarray
    seeds: np.ndarray
    chance: np.ndarray
    reviews: np.ndarray


def means(answers: Sequence[np.ndarray], strata: Strata = ()) -> Means:
    """Means of right answers, and their two-way variances.

    Seeds belong to one architecture each; reviews are common to all. The moments are those of
    Owen (2007, doi:10.1214/07-AOAS122) and of Cameron, Gelbach and Miller (2011,
    doi:10.1198/jbes.2010.07136), without their bootstrap.

    Args:
        answers: of each architecture, whether each seed gets each review right, `(S, N)` bool.
        strata: masks `(N,)` of reviews, with the weight that the accuracy on them has in the
            figure; all reviews with weight 1 by default. `[(short, 1), (long, -1)]` makes the
            figure the drop from short to long reviews.
    """
    num = len(answers)
    parts = list(strata) or [(np.ones(answers[0].shape[1], bool), 1.0)]
    figures = [np.zeros(len(one)) for one in answers]
    chance, reviews = np.zeros(num), np.zeros((num, num))
    for mask, weight in parts:
        cut = [one[:, mask] for one in answers]
        by_review = np.stack([one.mean(0, dtype=float) for one in cut])  # (K, n)
        size = by_review.shape[1]
        if size > 1:
            reviews += weight**2 * np.atleast_2d(np.cov(by_review)) / size
        for k, one in enumerate(cut):
            by_seed = one.mean(1, dtype=float)
            figures[k] += weight * by_seed
            chance[k] += weight**2 * interaction(one, by_seed, by_review[k])
    return Means(
        np.array([one.mean() for one in figures]),
        np.array([len(one) for one in figures]),
        np.array([one.var(ddof=1) / len(one) if len(one) > 1 else 0.0 for one in figures]),
        chance,
        reviews,
    )


def interaction(answers: np.ndarray, by_seed: np.ndarray, by_review: np.ndarray) -> float:
    """The part of a mean's variance due to seed and review together, of `(S, n)` right answers."""
    seeds, num = answers.shape
    if min(seeds, num) < 2:
        return 0.0
    mean = by_seed.mean()
    # The residuals' sum of squares, without a table of them; right answers are 0 or 1.
    total = seeds * num * mean * (1 - mean)
    rows = num * ((by_seed - mean) ** 2).sum()
    columns = seeds * ((by_review - mean) ** 2).sum()
    residual = max(float(total - rows - columns), 0.0)
    return float(residual / ((seeds - 1) * (num - 1)) / (seeds * num))
