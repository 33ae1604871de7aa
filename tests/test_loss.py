"""Weights of classes and of hard rows, and what a training makes of them."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional as F

from rnn_sentiment.classifier import Classifier
from rnn_sentiment.configuration import compose
from rnn_sentiment.errors import UserError
from rnn_sentiment.loss import Loss
from rnn_sentiment.network import build_parts
from rnn_sentiment.objectives import focused
from rnn_sentiment.outcome import AnyOf, OneOf, Outcome
from rnn_sentiment.schedulers import constant
from rnn_sentiment.types import Batch

THREE = OneOf(3)
losses = THREE.losses
LOGITS = torch.tensor([[2.0, 0.0, -1.0], [0.1, 0.3, 0.2], [-2.0, 1.0, 3.0], [0.0, 0.0, 0.0]])
LABELS = torch.tensor([0, 1, 2, 0])


def untrained(outcome: Outcome, weights: Tensor, monkeypatch: pytest.MonkeyPatch) -> Classifier:
    parts = build_parts(compose("model=bag", "ngrams=none", "embedding.dropout=0"), 20, outcome)
    classifier = Classifier(*parts, torch.optim.Adam, constant, outcome, class_weights=weights)
    classifier.eval()
    monkeypatch.setattr(classifier, "log", lambda *_, **__: None)
    monkeypatch.setattr(classifier, "_trainer", SimpleNamespace(world_size=1, global_step=0))
    return classifier


def test_weights_are_those_that_are_given():
    assert Loss(class_weights=[1.0, 5.0, 0.5]).weights(THREE, [2, 1, 1], 4).tolist() == [1, 5, 0.5]
    assert Loss().weights(THREE, [2, 1, 1], 4) is None


@given(counts=st.lists(st.integers(1, 10_000), min_size=2, max_size=9))
def test_balanced_classes_weigh_the_same_and_rows_one_on_average(counts):
    weights = Loss(class_weights="balanced").weights(OneOf(len(counts)), counts, sum(counts))
    totals = weights * torch.tensor(counts)
    torch.testing.assert_close(totals, torch.full_like(totals, sum(counts) / len(counts)))


def test_a_class_without_a_row_spoils_no_weight():
    weights = Loss(class_weights="balanced").weights(THREE, [10, 0, 10], 20)
    assert weights.tolist() == [1, 1, 1]


def test_focal_rows_count_by_how_wrong_they_are():
    probability = torch.softmax(LOGITS, 1)[torch.arange(4), LABELS]
    found = focused(losses(LOGITS, LABELS), gamma=2)
    torch.testing.assert_close(found, -((1 - probability) ** 2) * probability.log())


def test_the_gradient_of_a_row_that_is_surely_right_is_finite():
    logits = torch.tensor([200.0], requires_grad=True)
    labels = torch.tensor([1])
    focused(losses(logits, labels), gamma=0.5).sum().backward()
    assert logits.grad is not None
    assert logits.grad.isfinite().all()


def test_balanced_texts_with_a_label_weigh_as_much_as_those_without():
    labels = torch.tensor([0b001, 0b011, 0b001, 0b010, 0b001, 0b001])
    outcome = AnyOf(4)
    counts = outcome.members(labels).sum(0).tolist()
    weights = Loss(class_weights="balanced").weights(outcome, counts, len(labels))
    found, members = outcome.weights(labels, weights), outcome.members(labels)
    for label in (0, 1):
        assert found[members[:, label], label].sum() == (~members[:, label]).sum()
    assert (found[~members] == 1).all()
    assert weights[2:].tolist() == [1, 1]  # nobody has these


def test_a_label_of_every_text_is_learned_all_the_same():
    weights = Loss(class_weights="balanced").weights(AnyOf(2), [4, 1], 4)
    assert weights.tolist() == [1, 3]


def test_a_training_step_weighs_the_texts_that_have_each_label(monkeypatch):
    weights = torch.tensor([1.0, 5.0, 0.5])
    classifier = untrained(AnyOf(3), weights, monkeypatch)
    batch = Batch(torch.randint(2, 20, (4, 3)), torch.full((4,), 3), torch.tensor([0, 1, 3, 6]))
    logits = classifier(batch)
    targets = AnyOf(3).targets(batch.labels).float()
    expected = F.binary_cross_entropy_with_logits(logits, targets, pos_weight=weights)
    torch.testing.assert_close(classifier.training_step(batch, 0), expected)


def test_one_weight_for_each_class():
    with pytest.raises(UserError, match="has 2 numbers, but there are 3 classes"):
        Loss(class_weights=[1, 2]).weights(THREE, [5, 5, 5], 15)


def test_a_training_step_weighs_the_rows_of_each_class(monkeypatch):
    classifier = untrained(THREE, torch.tensor([1.0, 5.0, 0.5]), monkeypatch)
    batch = Batch(torch.randint(2, 20, (4, 3)), torch.full((4,), 3), LABELS)
    weights = classifier.class_weights[LABELS]
    expected = (losses(classifier(batch), LABELS) * weights).mean()
    torch.testing.assert_close(classifier.training_step(batch, 0), expected)
    assert float(classifier.train_loss.compute()) == pytest.approx(
        float(losses(classifier(batch), LABELS).mean().detach())
    )
    assert "class_weights" not in classifier.state_dict()  # so that older checkpoints load
