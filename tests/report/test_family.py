"""Comparisons that hold together: variances in closed form, and promises kept by whole families."""

from __future__ import annotations

import numpy as np
import pytest

from rnn_sentiment.report.family import Family, difference, pairs
from rnn_sentiment.report.plan import with_seeds
from rnn_sentiment.report.variance import Means, means


def contest(
    generator: np.random.Generator, seeds: int, spread: np.ndarray, num: int = 1500
) -> list[np.ndarray]:
    """Right answers of equal architectures: hard reviews, lucky seeds, and chance."""
    hardness = generator.normal(1.5, 2, num)
    drawn = []
    for sd in spread:
        own = hardness + generator.normal(0, 0.5, num)
        skill = 1 / (1 + np.exp(-own - generator.normal(0, sd, (seeds, 1))))
        drawn.append(generator.random((seeds, num)) < skill)
    return drawn


def test_variances_are_those_of_a_resampled_contest():
    """The closed form is what drawing seeds and reviews again and again would show."""
    generator = np.random.default_rng(0)
    values, promised = [], []
    for _ in range(400):
        found = means(contest(generator, 4, np.array([0.1, 0.4]), num=300))
        family = Family(found, pairs(2))
        values.append(family.values[0])
        promised.append(family.errors[0] ** 2)
    assert np.mean(promised) == pytest.approx(np.var(values), rel=0.15)


def test_parts_of_the_reviews_may_be_weighed():
    answers = contest(np.random.default_rng(0), 3, np.array([0.1]))
    first = np.arange(1500) < 700
    drop = means(answers, [(first, 1.0), (~first, -1.0)])
    right = answers[0]
    assert drop.values[0] == pytest.approx(right[:, first].mean() - right[:, ~first].mean())
    by_review = right.mean(0)
    expected = by_review[first].var(ddof=1) / 700 + by_review[~first].var(ddof=1) / 800
    assert drop.reviews[0, 0] == pytest.approx(expected)
    assert not difference(right[:2], None).known


def simulated(
    generator: np.random.Generator, spread: np.ndarray, seeds: int, behind: float = 0.0
) -> Family:
    """A contest of normal figures in points, with the review noise of 25,000 reviews."""
    num, chance = len(spread), np.full(len(spread), 0.13**2 / seeds)
    values = generator.normal(0, 1, num) * np.sqrt(0.085**2 + spread**2 / seeds)
    values[-1] -= behind
    shown = spread**2 / seeds * generator.chisquare(seeds - 1, num) / (seeds - 1)
    found = Means(values, np.full(num, seeds), shown, chance, np.diag(0.085**2 + chance))
    return Family(found, pairs(num))


@pytest.mark.parametrize(
    ("seeds", "spread"),
    [(3, np.full(8, 0.5)), (3, np.r_[np.full(4, 2.0), 0.2]), (5, np.geomspace(0.2, 2, 8))],
    ids=["alike", "one steady", "unlike"],
)
def test_families_of_equal_models_seldom_get_a_false_verdict(seeds, spread):
    generator = np.random.default_rng(0)
    families = [simulated(generator, spread, seeds) for _ in range(300)]
    wrong = np.mean([min(e.p for e in family.estimates()) < 0.05 for family in families])
    # 5.5 % is promised, which benchmarks/verdicts shows; 300 families show it to 2.6 points.
    assert wrong <= 0.081


@pytest.mark.parametrize("seeds", [3, 5, 10])
@pytest.mark.parametrize("spread", [0.02, 0.1, 0.2])
def test_the_interval_of_a_mean_holds_for_the_architecture(spread, seeds):
    """Fresh seeds and other reviews, whether the ones or the others say more."""
    generator = np.random.default_rng(0)
    population = generator.normal(1.5, 2, 200_000)
    skill = 1 / (1 + np.exp(-population))
    curve = (skill * (1 - skill)).mean()  # what a shift of all logits adds to the accuracy
    held, truth = 0, skill.mean()
    for _ in range(600):
        drawn = skill[generator.integers(0, len(skill), 1000)]
        shifts = spread * generator.normal(0, 1, (seeds, 1)) * curve
        held += difference(generator.random((seeds, 1000)) < drawn + shifts, None).contains(truth)
    # 94 to 96.5 % is promised; 600 contests show it to 2.5 points.
    assert 0.925 <= held / 600 <= 0.99


def test_an_interval_and_its_p_say_the_same():
    generator = np.random.default_rng(1)
    for _ in range(20):
        for one in simulated(generator, np.full(4, 0.5), 4, behind=1.0).estimates():
            assert (one.p < 0.05) == (not one.contains(0))


def test_the_smallest_difference_that_is_promised_is_found():
    generator = np.random.default_rng(2)
    spread = np.full(4, 0.4)
    behind = float(np.median([simulated(generator, spread, 5).detectable(0.8) for _ in range(50)]))
    found = []
    for _ in range(150):
        family = simulated(generator, spread, 5, behind)
        found += [e.p < 0.05 for e, c in zip(family.estimates(), pairs(4), strict=True) if c[-1]]
    assert 0.7 < np.mean(found) < 0.9


def test_more_seeds_find_smaller_differences_down_to_what_reviews_allow():
    family = simulated(np.random.default_rng(3), np.full(3, 0.5), 3)
    found = [
        Family(with_seeds(family.means, n), family.contrasts).detectable(0.8).max()
        for n in (3, 6, 12, 10_000)
    ]
    assert found == sorted(found, reverse=True)
    assert found[-1] > 0.085 * 2**0.5
