"""What metrics answer where the textbook's formula has nothing to count."""

from __future__ import annotations

import pytest
import torch
from torchmetrics.functional.classification import binary_f1_score, multiclass_f1_score

from rnn_sentiment.errors import UserError
from rnn_sentiment.metrics import Judgement, as_scores, make_metrics
from rnn_sentiment.outcome import OneOf

NAMES = ("ham", "spam")
PROBABILITIES = torch.tensor([0.1, 0.2, 0.7, 0.9, 0.4, 0.8])
LABELS = torch.tensor([0, 0, 0, 1, 1, 1])


@pytest.mark.parametrize("positive", [0, 1])
def test_f1_is_that_of_the_class_that_is_asked_for(positive):
    found = make_metrics(OneOf(2), positive=positive)(PROBABILITIES, LABELS)
    turned = (1 - PROBABILITIES, 1 - LABELS) if positive == 0 else (PROBABILITIES, LABELS)
    assert found["f1"] == binary_f1_score(*turned)
    both = torch.stack([1 - PROBABILITIES, PROBABILITIES], 1)
    assert found["macro_f1"] == multiclass_f1_score(both, LABELS, num_classes=2, average="macro")


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


def test_the_positive_class_is_given_by_name():
    assert Judgement().positive_label(OneOf(2), NAMES) == 1
    assert Judgement(positive="ham").positive_label(OneOf(2), NAMES) == 0
    with pytest.raises(UserError, match="none of the classes ham, spam"):
        Judgement(positive="egg").positive_label(OneOf(2), NAMES)
    with pytest.raises(UserError, match="3 classes"):
        Judgement(positive="ham").positive_label(OneOf(3), (*NAMES, "egg"))
