"""The statistics agree with reference implementations, and keep their promises in simulation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar as reference_mcnemar
from statsmodels.stats.multitest import multipletests

from rnn_sentiment.report import bootstrap, statistics
from rnn_sentiment.report.measures import roughness


def test_the_interval_of_a_mean_is_students():
    values = [0.81, 0.84, 0.79, 0.86]
    found = statistics.mean_interval(values)
    low, high = stats.t.interval(0.95, 3, np.mean(values), stats.sem(values))
    assert (found.low, found.high) == pytest.approx((low, high))
    assert found.p == pytest.approx(stats.ttest_1samp(values, 0).pvalue)
    assert not statistics.mean_interval([0.8]).known


def test_a_ratio_of_times_is_welchs_on_logarithms():
    a, b = [10.0, 11.0, 12.5], [20.0, 21.0, 19.0, 22.0]
    found = statistics.ratio_interval(a, b)
    test = stats.ttest_ind(np.log(a), np.log(b), equal_var=False)
    reference = test.confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((np.exp(reference.low), np.exp(reference.high)))
    assert found.p == pytest.approx(test.pvalue)
    assert found.low < found.value < found.high


def test_a_ratio_of_constants_is_exact():
    found = statistics.ratio_interval([160_109] * 3, [3_972_225] * 10)
    assert found.low == found.value == found.high == pytest.approx(160_109 / 3_972_225)
    mixed = statistics.ratio_interval([160_109] * 3, [100.0, 110.0, 120.0])
    assert mixed.low < mixed.value < mixed.high


@pytest.mark.parametrize(("only_a", "only_b"), [(10, 3), (0, 5), (7, 7), (0, 0), (40, 60)])
def test_mcnemar_is_the_exact_test_less_half_of_the_point(only_a, only_b):
    a = np.r_[np.ones(only_a, bool), np.zeros(only_b, bool), np.ones(20, bool)]
    b = np.r_[np.zeros(only_a, bool), np.ones(only_b, bool), np.ones(20, bool)]
    table = [[20, only_a], [only_b, 0]]
    exact = reference_mcnemar(table, exact=True).pvalue
    total = only_a + only_b
    point = stats.binom.pmf(min(only_a, only_b), total, 0.5)
    expected = 1.0 if only_a == only_b else exact - point
    assert statistics.mcnemar(a, b) == pytest.approx(expected)


def test_holm_is_statsmodels():
    p = np.array([0.04, 0.001, 0.03, 0.5, 0.012])
    assert statistics.holm(p) == pytest.approx(multipletests(p, method="holm")[1])
    assert len(statistics.holm([])) == 0


def answers(generator, num_seeds, skill, hardness, spread):
    """Right answers of an architecture: hard reviews, lucky seeds, and chance."""
    seeds = generator.normal(0, spread, (num_seeds, 1))
    logits = np.log(skill / (1 - skill)) + hardness + seeds
    return generator.random((num_seeds, len(hardness))) < 1 / (1 + np.exp(-logits))


def test_the_difference_of_large_samples_is_the_textbooks():
    """With one seed a side, the standard error is that of a paired difference of shares."""
    generator = np.random.default_rng(1)
    a, b = (generator.random((1, 4000)) < share for share in (0.9, 0.85))
    found = bootstrap.difference(a, b)
    assert found.value == pytest.approx(a.mean() - b.mean())
    expected = (a[0].astype(int) - b[0]).std(ddof=1) / 4000**0.5
    assert found.sd == pytest.approx(expected, rel=0.1)


@pytest.mark.slow
@pytest.mark.parametrize("num_seeds", [3, 5])
def test_equal_models_are_seldom_called_different(num_seeds):
    generator = np.random.default_rng(num_seeds)
    rounds, alarms = 400, 0
    for _ in range(rounds):
        hardness = generator.normal(0, 2, 1000)
        sides = [answers(generator, num_seeds, 0.85, hardness, 0.15) for _ in "ab"]
        alarms += bootstrap.difference(*sides, replicates=400).p < 0.05
    # Twice the nominal rate would be a broken promise; 400 rounds show 5 % to within 2.2 points.
    assert 0.01 <= alarms / rounds <= 0.08


def test_a_straight_curve_is_smooth_and_a_zigzag_is_not():
    assert roughness([0.1, 0.2, 0.3, 0.4]) == pytest.approx(0)
    assert roughness([0.1, 0.3, 0.1, 0.3]) == pytest.approx(0.4)
    assert roughness([0.1, 0.2]) is None


def test_seeds_needed_falls_with_the_difference():
    generator = np.random.default_rng(0)
    hardness = generator.normal(0, 2, 5000)
    a, b, c = (answers(generator, 3, skill, hardness, 0.15) for skill in (0.85, 0.84, 0.6))
    near, far = bootstrap.seeds_needed(a, b), bootstrap.seeds_needed(a, c)
    assert far is not None
    assert near is None or near > far
    assert bootstrap.seeds_needed(a[:1], c[:1]) is None
