"""What metrics answer where the textbook's formula has nothing to count."""

from __future__ import annotations

import pytest
import torch
from lightning.fabric.plugins.precision.utils import _DtypeContextManager as DtypeContextManager
from torchmetrics.functional.classification import (
    binary_auroc,
    binary_calibration_error,
    binary_f1_score,
    multiclass_f1_score,
)

from rnn_sentiment.errors import UserError
from rnn_sentiment.judgement import Judgement, Yardstick
from rnn_sentiment.metrics import Mean, as_scores, make_metrics
from rnn_sentiment.outcome import AnyOf, OneOf

NAMES = ("ham", "spam")
PROBABILITIES = torch.tensor([0.1, 0.2, 0.7, 0.9, 0.4, 0.8])
LABELS = torch.tensor([0, 0, 0, 1, 1, 1])


@pytest.mark.parametrize("positive", [0, 1])
def test_f1_is_that_of_the_class_that_is_asked_for(positive):
    found = make_metrics(OneOf(2), Yardstick(positive))(PROBABILITIES, LABELS)
    turned = (1 - PROBABILITIES, 1 - LABELS) if positive == 0 else (PROBABILITIES, LABELS)
    assert found["f1"] == binary_f1_score(*turned)
    both = torch.stack([1 - PROBABILITIES, PROBABILITIES], 1)
    assert found["macro_f1"] == multiclass_f1_score(both, LABELS, num_classes=2, average="macro")


@pytest.mark.parametrize("half", [torch.bfloat16, torch.float16])
def test_a_mean_in_a_network_of_half_precision_is_of_float32(half):
    network = torch.nn.ModuleList([Mean()])
    with DtypeContextManager(half):
        network.to(dtype=half).to("cpu")
        for _ in range(2):
            network[0].reset()
            for number in range(1000):
                network[0].update(torch.full((64,), 1 + number % 2, dtype=half))
            assert network[0].to("cpu").compute().item() == 1.5


@pytest.mark.parametrize("label", [0, 1])
def test_auroc_is_undefined_where_a_class_has_no_row(label):
    found = as_scores(make_metrics(OneOf(2))(PROBABILITIES, torch.full((6,), label)))
    assert found["auroc"] is None
    assert found["accuracy"] == 0.5
    shares = torch.eye(3)[[0, 1, 0, 1]]
    assert as_scores(make_metrics(OneOf(3))(shares, torch.tensor([0, 1, 0, 0])))["auroc"] is None
    assert (
        as_scores(make_metrics(OneOf(3))(shares, torch.tensor([0, 1, 0, 2])))["auroc"] is not None
    )


def test_a_perfect_order_has_an_area_of_one_however_it_is_rounded():
    targets = torch.tensor([1] * 2 + [0] * 11)
    shares = torch.linspace(0.9, 0.1, 13)
    assert binary_auroc(shares, targets) > 1  # in single precision
    assert make_metrics(OneOf(2))(shares, targets)["auroc"] == 1
    both = torch.stack([shares] * 2, 1), torch.stack([targets] * 2, 1)
    assert make_metrics(AnyOf(2))(*both)["auroc"] == 1


def test_the_positive_class_is_given_by_name():
    assert Judgement().positive_label(OneOf(2), NAMES) == 1
    assert Judgement(positive="ham").positive_label(OneOf(2), NAMES) == 0
    with pytest.raises(UserError, match="not one of the classes ham, spam"):
        Judgement(positive="egg").positive_label(OneOf(2), NAMES)
    with pytest.raises(UserError, match="3 classes"):
        Judgement(positive="ham").positive_label(OneOf(3), (*NAMES, "egg"))
    with pytest.raises(UserError, match="2 labels"):
        Judgement(positive="ham").positive_label(AnyOf(2), NAMES)


def test_scores_of_several_labels_are_those_of_the_textbook():
    random = torch.Generator().manual_seed(0)
    shares, labels = torch.rand(50, 3, generator=random), torch.randint(0, 8, (50,))
    targets = AnyOf(3).targets(labels)
    found = as_scores(make_metrics(AnyOf(3))(shares, targets))
    answers = (shares > 0.5).long()
    hits, wrong = (answers * targets).sum(0), (answers != targets).sum(0)
    assert found["accuracy"] == pytest.approx(float((answers == targets).all(1).float().mean()))
    assert found["macro_f1"] == pytest.approx(float((2 * hits / (2 * hits + wrong)).mean()))
    micro = 2 * hits.sum() / (2 * hits.sum() + wrong.sum())
    assert found["micro_f1"] == pytest.approx(float(micro))
    auroc = [binary_auroc(shares[:, i], targets[:, i]) for i in range(3)]
    assert found["auroc"] == pytest.approx(float(torch.stack(auroc).mean()))
    flat = shares.flatten(), targets.flatten()
    error = binary_calibration_error(*flat, n_bins=15)
    assert found["calibration_error"] == pytest.approx(float(error))


def test_auroc_is_undefined_where_a_label_has_one_value():
    shares, targets = torch.rand(4, 2), torch.tensor([[0, 1], [0, 0], [0, 1], [0, 1]])
    assert as_scores(make_metrics(AnyOf(2))(shares, targets))["auroc"] is None


def test_a_class_without_a_row_has_no_f1_and_does_not_count_in_the_mean():
    three = make_metrics(OneOf(3))(torch.eye(3)[[0, 1, 0, 2]], torch.tensor([0, 1, 0, 1]))
    assert three["macro_f1"] == three["f1"] == pytest.approx((1 + 2 / 3) / 2)
    two = make_metrics(OneOf(2))(torch.tensor([0.1, 0.2, 0.3, 0.9]), torch.zeros(4).int())
    assert as_scores(two)["f1"] is None
    assert two["macro_f1"] == pytest.approx(6 / 7)


def test_a_label_without_a_row_does_not_count_in_the_mean():
    shares = torch.tensor([[0.9, 0.9], [0.1, 0.1], [0.9, 0.1]])
    found = make_metrics(AnyOf(2))(shares, torch.tensor([[1, 0], [0, 0], [1, 0]]))
    assert found["macro_f1"] == 1
    assert found["micro_f1"] == pytest.approx(4 / 5)
    none = as_scores(make_metrics(AnyOf(2))(shares, torch.zeros(3, 2).int()))
    assert none["micro_f1"] is none["macro_f1"] is None
