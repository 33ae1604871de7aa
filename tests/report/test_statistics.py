"""The statistics agree with reference implementations, and keep their promises in simulation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar as reference_mcnemar

from rnn_sentiment.report import statistics
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


def test_a_straight_curve_is_smooth_and_a_zigzag_is_not():
    assert roughness([0.1, 0.2, 0.3, 0.4]) == pytest.approx(0)
    assert roughness([0.1, 0.3, 0.1, 0.3]) == pytest.approx(0.4)
    assert roughness([0.1, 0.2]) is None


def test_one_more_seed_lies_in_a_prediction_interval():
    generator = np.random.default_rng(0)
    inside = [
        statistics.prediction_interval(drawn[:4]).contains(drawn[4])
        for drawn in generator.normal(0.8, 0.01, (2000, 5))
    ]
    assert 0.935 < np.mean(inside) < 0.965
    wide = statistics.prediction_interval([0.8, 0.81], noise=0.01)
    assert not statistics.prediction_interval([0.8, 0.8]).contains(0.81)
    assert wide.low < 0.7


def test_the_odds_of_a_fresh_seed_promise_no_more_than_is_kept():
    generator = np.random.default_rng(0)
    drawn = generator.normal(0, 1, (3000, 2, 4)) * [[1.0], [3.0]] + [[1.0], [0.0]]
    promised = [statistics.superiority(a[:3], b[:3]) for a, b in drawn]
    kept = np.mean(drawn[:, 0, 3] > drawn[:, 1, 3])
    assert 0.5 < np.mean(promised) <= kept + 0.02
    assert statistics.superiority([1.0, 1.0], [1.0, 1.0]) == 0.5
