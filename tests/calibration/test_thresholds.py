"""Thresholds reach their aims on the rows that they are chosen on, and no other one does better."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnn_sentiment.calibration.thresholds import for_f1, for_precision
from rnn_sentiment.errors import UserError

Rows = list[tuple[int, int]]
# A probability in tenths, so that some are equal, and the label.
ROWS = st.lists(st.tuples(st.integers(0, 10), st.integers(0, 1)), min_size=1, max_size=30)


def split(rows: Rows) -> tuple[np.ndarray, np.ndarray]:
    probability, labels = np.array(rows).T
    return probability / 10, labels


def counts(rows: Rows, threshold: float) -> tuple[int, int, int]:
    """Right ones, ones, and rows of label 1."""
    probability, labels = split(rows)
    answers = probability >= threshold
    return int((answers & (labels == 1)).sum()), int(answers.sum()), int(labels.sum())


def f1(rows: Rows, threshold: float) -> float:
    right, ones, positive = counts(rows, threshold)
    return 2 * right / max(ones + positive, 1)


@settings(max_examples=60)
@given(ROWS.filter(lambda rows: any(label for _, label in rows)))
def test_no_threshold_has_a_better_f1(rows):
    best = max(f1(rows, tenth / 10) for tenth in range(12))
    assert f1(rows, for_f1(*split(rows))) == pytest.approx(best)


@settings(max_examples=60)
@given(ROWS.filter(lambda rows: any(label for _, label in rows)), st.sampled_from([0.3, 0.5, 0.95]))
def test_the_precision_is_reached_with_as_many_ones_as_can_be(rows, least):
    tenths = [tenth / 10 for tenth in range(11)]
    reaching = [
        t for t in tenths if counts(rows, t)[1] and counts(rows, t)[0] / counts(rows, t)[1] >= least
    ]
    if not reaching:
        with pytest.raises(UserError, match="no threshold reaches it"):
            for_precision(*split(rows), least)
        return
    found = counts(rows, for_precision(*split(rows), least))
    assert found[0] / found[1] >= least
    assert found == counts(rows, min(reaching))


def test_a_part_without_the_class_is_refused():
    with pytest.raises(UserError, match="no row of label 1"):
        for_f1(np.array([0.2, 0.7]), np.array([0, 0]))
