"""What is said of a class that no text has, or that is never the answer."""

from __future__ import annotations

import numpy as np
import pytest

from rnn_sentiment.class_scores import averages, class_scores
from rnn_sentiment.outcome import AnyOf, OneOf

LABELS, ANSWERS = np.array([0, 0, 1, 1, 3]), np.array([0, 2, 1, 0, 1])
NAMES = ("art", "law", "sport", "war")


def test_what_has_nothing_to_count_is_undefined():
    found = class_scores(LABELS, ANSWERS, OneOf(4), NAMES)
    assert found["sport"] == (0, None, None, 0, 1)
    assert found["war"] == (None, 0, 0, 1, 0)
    assert found["law"] == (0.5, 0.5, 0.5, 2, 2)


def test_means_over_labels_leave_out_what_is_undefined():
    labels, answers = np.array([0b001, 0b011, 0b000]), np.array([0b101, 0b001, 0b001])
    found = averages(labels, answers, AnyOf(3))
    assert found["macro"] == pytest.approx({"precision": 2 / 3, "recall": 0.5, "f1": 0.4})
    assert found["micro"] == pytest.approx({"precision": 0.5, "recall": 2 / 3, "f1": 4 / 7})
