"""How far off the answers to classes in an order are, against torchmetrics and by hand."""

from __future__ import annotations

import pytest
import torch
from torchmetrics import MetricCollection
from torchmetrics.functional.classification import binary_cohen_kappa, multiclass_cohen_kappa

from rnn_sentiment.errors import UserError
from rnn_sentiment.judgement import Judgement
from rnn_sentiment.metrics import as_scores, make_metrics
from rnn_sentiment.outcome import AnyOf, OneOf, Outcome

STARS = ("1", "2", "3", "4")
SHARES = torch.rand(60, 4, generator=torch.Generator().manual_seed(0))
LABELS = torch.randint(0, 4, (60,), generator=torch.Generator().manual_seed(1))


def metrics(outcome: Outcome, names: tuple[str, ...], in_order: bool = False) -> MetricCollection:
    yardstick = Judgement(ordered=True).yardstick(outcome, names, in_order)
    return make_metrics(outcome, yardstick)


def test_kappa_is_that_of_torchmetrics_and_the_error_a_mean_of_steps():
    found = metrics(OneOf(4), STARS)(SHARES, LABELS)
    kappa = multiclass_cohen_kappa(SHARES, LABELS, num_classes=4, weights="quadratic")
    torch.testing.assert_close(found["quadratic_kappa"].float(), kappa)
    steps = (SHARES.argmax(1) - LABELS).abs().double().mean()
    torch.testing.assert_close(found["mean_absolute_error"], steps)


def test_two_classes_are_a_step_apart():
    found = metrics(OneOf(2), ("bad", "good"), in_order=True)(SHARES[:, 0], LABELS % 2)
    assert float(found["mean_absolute_error"]) == pytest.approx(1 - float(found["accuracy"]))
    kappa = binary_cohen_kappa(SHARES[:, 0], LABELS % 2)
    torch.testing.assert_close(found["quadratic_kappa"].float(), kappa)


def test_whole_numbers_are_as_far_apart_as_they_are():
    right, answered = torch.tensor([0, 1, 2]), torch.eye(3)[[1, 1, 0]]
    found = metrics(OneOf(3), ("1", "4", "10"))(answered, right)
    assert float(found["mean_absolute_error"]) == pytest.approx((3 + 0 + 9) / 3)
    # Of the pairs 1-4, 4-4 and 10-1, and of every class with every answer.
    expected = 1 - (9 + 0 + 81) / 3 / ((9 + 9 + 0 + 0 + 0 + 9 + 36 + 36 + 81) / 9)
    assert float(found["quadratic_kappa"]) == pytest.approx(expected)


def test_kappa_is_undefined_where_there_is_one_class():
    same = torch.zeros(3, dtype=torch.long)
    found = as_scores(metrics(OneOf(4), STARS)(torch.eye(4)[same], same))
    assert found["quadratic_kappa"] is None
    assert found["mean_absolute_error"] == 0


@pytest.mark.parametrize(
    ("outcome", "expected"), [(OneOf(2), r"data\.labels=\[bad,fair,good\]"), (AnyOf(2), "no order")]
)
def test_an_order_has_to_be_known(outcome, expected):
    with pytest.raises(UserError, match=expected):
        metrics(outcome, ("bad", "good"))
