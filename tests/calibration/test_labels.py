"""Thresholds of several labels: each is that of its label, and says which texts have it."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from rnn_sentiment.calibration import Calibration, Threshold
from rnn_sentiment.calibration.fitting import Aims, fit
from rnn_sentiment.calibration.thresholds import for_f1
from rnn_sentiment.errors import UserError
from rnn_sentiment.outcome import AnyOf

NAMES = ("art", "law", "war")
OUTCOME = AnyOf(3)
RANDOM = np.random.default_rng(0)
LOGITS = torch.tensor(RANDOM.normal(-1, 2, (200, 3)), dtype=torch.float32)
MEMBERS = torch.tensor(RANDOM.random((200, 3))) < LOGITS.sigmoid()
NONE_HELD_BACK = torch.zeros(200, dtype=torch.bool)


def fitted(aims: Aims, order: tuple[int, ...] = (0, 1, 2), without: int = 3) -> Calibration:
    members = (MEMBERS & (torch.arange(3) != without))[:, order]
    labels, names = OUTCOME.joined(members), [NAMES[i] for i in order]
    return fit(LOGITS[:, order], labels, NONE_HELD_BACK, aims, OUTCOME, names)


def thresholds(calibration: Calibration) -> list[float]:
    assert calibration.threshold is not None
    assert isinstance(calibration.threshold.probability, list)
    return calibration.threshold.probability


def test_each_label_has_the_threshold_with_its_best_f1():
    calibration = fitted(Aims(threshold="f1"))
    shares = (LOGITS / calibration.temperature).sigmoid().numpy()
    assert thresholds(calibration) == [
        for_f1(shares[:, i], MEMBERS[:, i].numpy()) for i in range(3)
    ]


def test_labels_in_another_order_have_their_thresholds_in_that_order():
    found = thresholds(fitted(Aims(threshold="f1")))
    turned = thresholds(fitted(Aims(threshold="f1"), (2, 0, 1)))
    assert turned == pytest.approx([found[2], found[0], found[1]], abs=1e-6)


def test_a_text_has_every_label_that_reaches_its_threshold():
    threshold = Threshold(aim="f1", probability=[0.2, 0.5, 0.9])
    calibration = Calibration(temperature=1, threshold=threshold, rows=9)
    shares = np.array([[0.2, 0.6, 0.8], [0.1, 0.4, 0.95], [0.1, 0.1, 0.1]])
    assert calibration.answers(shares, OUTCOME).tolist() == [0b011, 0b100, 0]
    assert Calibration.model_validate_json(calibration.model_dump_json()) == calibration


def test_a_label_that_no_text_has_keeps_a_half(caplog):
    assert thresholds(fitted(Aims(threshold="f1"), without=1))[1] == 0.5
    assert "no validation text has 'law'" in caplog.text


def test_an_aim_that_one_label_misses_is_said_of_it():
    wrong = MEMBERS.clone()
    wrong[:, 0] = LOGITS[:, 0] == LOGITS[:, 0].min()  # only the text that is said to have it least
    with pytest.raises(UserError, match=r"label 'art': precision=0\.9: no threshold"):
        fit(LOGITS, OUTCOME.joined(wrong), NONE_HELD_BACK, Aims(precision=0.9), OUTCOME, NAMES)
    with pytest.raises(UserError, match=r"coverage=.*several labels; leave it out"):
        fitted(Aims(coverage=0.9))
