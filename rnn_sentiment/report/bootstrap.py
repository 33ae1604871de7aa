"""The difference of two architectures: a bootstrap over test reviews and seeds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import stats

from rnn_sentiment.report.statistics import LEVEL, Estimate

POWER = 0.8
REPLICATES = 2_000  # a standard error is then known to 1.6 %
MOST_SEEDS = 200


def difference(
    a: np.ndarray,
    b: np.ndarray | None,
    strata: Sequence[tuple[np.ndarray, float]] = (),
    replicates: int = REPLICATES,
) -> Estimate:
    """Accuracy of one architecture less that of another, by bootstrap over reviews and seeds.

    Test reviews and the seeds of each architecture are drawn with replacement: Owen's (2007,
    doi:10.1214/07-AOAS122) pigeonhole bootstrap. Its standard error is corrected twice. It
    counts the interaction of seed and review three times, so twice that is taken off again (the
    two-way variance of Cameron, Gelbach and Miller, 2011, doi:10.1198/jbes.2010.07136); and one
    seed less is drawn than there are, or few seeds would seem too much alike (Rao and Wu, 1988,
    doi:10.1080/01621459.1988.10478591). The interval is Student's with Satterthwaite's degrees
    of freedom.

    Args:
        a: whether each seed gets each review right, `(S_a, N)` bool.
        b: the same of the other architecture on the same reviews, `(S_b, N)`; None for the figure
            of `a` alone, which may then hold differences paired by seed, -1, 0 or 1.
        strata: masks `(N,)` of reviews that are drawn apart, with the weight that each accuracy
            has in the figure; all reviews with weight 1 by default. `[(short, 1), (long, -1)]`
            makes the figure the drop from short to long reviews.
        replicates: number of bootstrap samples.
    """
    generator = np.random.default_rng(0)
    sides = [(a, 1.0)] if b is None else [(a, 1.0), (b, -1.0)]
    parts = list(strata) or [(np.ones(a.shape[1], bool), 1.0)]
    # The seeds drawn, as shares, are the same in all strata.
    shares = [seed_shares(generator, len(side), replicates) for side, _ in sides]
    drawn = np.zeros(replicates)
    interaction, by_seed = 0.0, [np.zeros(len(side)) for side, _ in sides]
    for mask, weight in parts:
        answers = np.concatenate([side[:, mask] for side, _ in sides])  # (S_a + S_b, n)
        means = resampled_means(generator, answers, replicates)
        start = 0
        for number, (side, sign) in enumerate(sides):
            here = slice(start, start := start + len(side))
            drawn += sign * weight * (means[:, here] * shares[number]).sum(1)
            by_seed[number] += sign * weight * answers[here].mean(1)
            interaction += weight**2 * interaction_variance(answers[here])
    value = float(sum(means.mean() for means in by_seed))
    seeds = [len(means) for means in by_seed]
    between = [float(m.var(ddof=1)) / len(m) if len(m) > 1 else 0.0 for m in by_seed]
    variance = float(drawn.var(ddof=1))
    variance = max(variance - 2 * interaction, variance / 3)
    freedom = sum(v**2 / (n - 1) for v, n in zip(between, seeds, strict=True) if n > 1)
    se, df = variance**0.5, variance**2 / freedom if freedom else np.inf
    df = max(df, min(seeds) - 1, 1)
    half = stats.t.ppf((1 + LEVEL) / 2, df) * se
    p = 2 * stats.t.sf(abs(value) / se, df) if se else float(value == 0)
    return Estimate(value, value - half, value + half, se, float(p), min(seeds))


def seed_shares(generator: np.random.Generator, num: int, replicates: int) -> np.ndarray:
    """Shares of the seeds in each replicate, `(R, S)`, of `S - 1` draws."""
    draws = max(num - 1, 1)
    return generator.multinomial(draws, np.full(num, 1 / num), size=replicates) / draws


def resampled_means(
    generator: np.random.Generator, answers: np.ndarray, replicates: int
) -> np.ndarray:
    """Means of the rows of `answers`, `(S, n)`, over resampled columns: `(R, S)`.

    Columns are alike in a few patterns, and drawing how often each pattern comes is the same as
    drawing columns.
    """
    columns = np.ascontiguousarray(answers.T.astype(np.int8)).view(f"V{len(answers)}")[:, 0]
    _, first, counts = np.unique(columns, return_index=True, return_counts=True)
    num = answers.shape[1]
    drawn = generator.multinomial(num, counts / num, size=replicates)
    return np.asarray(drawn @ answers[:, first].T.astype(float) / num)


def interaction_variance(answers: np.ndarray) -> float:
    """Part of the mean's variance that seed and review make together, of `(S, n)` answers."""
    seeds, num = answers.shape
    if min(seeds, num) < 2:
        return 0.0
    # The residuals' sum of squares, without a table of them.
    values = answers.astype(float)
    total = ((values - values.mean()) ** 2).sum()
    rows = num * ((values.mean(1) - values.mean()) ** 2).sum()
    columns = seeds * ((values.mean(0) - values.mean()) ** 2).sum()
    return float((total - rows - columns) / ((seeds - 1) * (num - 1)) / (seeds * num))


def seeds_needed(a: np.ndarray, b: np.ndarray) -> int | None:
    """Seeds of each architecture that would show today's difference with a power of 80 %.

    Seeds vary less as they are more; the test part stays what it is. Answers `(S_a, N)`,
    `(S_b, N)`; None where more than 200, or none, would do.
    """
    if min(len(a), len(b)) < 2:
        return None
    gap = abs(a.mean() - b.mean())
    if not gap:
        return None
    reviews = (a.mean(0) - b.mean(0)).var() / a.shape[1]
    own = [max(x.mean(1).var(ddof=1) - interaction_variance(x) * len(x), 0.0) for x in (a, b)]
    fixed = max(reviews - interaction_variance(a) - interaction_variance(b), 0.0)
    mixed = interaction_variance(a) * len(a) + interaction_variance(b) * len(b)
    for num in range(2, MOST_SEEDS + 1):
        se = (fixed + (sum(own) + mixed) / num) ** 0.5
        needed = stats.t.ppf((1 + LEVEL) / 2, 2 * (num - 1)) + stats.norm.ppf(POWER)
        if gap >= needed * se:
            return num
    return None
