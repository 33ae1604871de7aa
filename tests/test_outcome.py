"""One class of several, or any number of labels: what logits and the numbers of labels mean."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F
from torch.testing import assert_close

from rnn_sentiment.objectives import focused
from rnn_sentiment.outcome import AnyOf, OneOf

LABELS = AnyOf(3)
LOGITS = torch.tensor([[2.0, -1.0, 0.5], [-3.0, 0.0, 1.0], [0.2, 0.1, -0.4], [1.0, 2.0, 3.0]])
MEMBERS = torch.tensor([[1, 0, 1], [0, 0, 0], [0, 1, 0], [1, 1, 1]]).bool()
NUMBERS = torch.tensor([0b101, 0b000, 0b010, 0b111])


@given(numbers=st.lists(st.integers(0, 2**63 - 1), min_size=1, max_size=4))
def test_a_number_has_a_bit_for_each_label(numbers):
    outcome = AnyOf(63)
    assert outcome.joined(outcome.members(torch.tensor(numbers))).tolist() == numbers
    assert [sum(1 << i for i in outcome.numbers(n)) for n in numbers] == numbers


def test_the_loss_is_the_mean_over_labels_and_needs_none():
    assert torch.equal(LABELS.members(NUMBERS), MEMBERS)
    each = F.binary_cross_entropy(LOGITS.sigmoid(), MEMBERS.float(), reduction="none")
    assert_close(LABELS.cross_entropies(LOGITS, NUMBERS), each)
    assert_close(LABELS.losses(LOGITS, NUMBERS), each.mean(1))
    right = torch.where(MEMBERS, LOGITS.sigmoid(), 1 - LOGITS.sigmoid())
    focal = focused(LABELS.cross_entropies(LOGITS, NUMBERS), gamma=2)  # of each decision by itself
    assert_close(focal, -((1 - right) ** 2) * right.log())


def test_every_label_that_is_likelier_than_not_is_the_answer():
    shares = LABELS.probabilities(LOGITS)
    assert LABELS.predicted(shares).tolist() == [0b101, 0b110, 0b011, 0b111]
    assert_close(LABELS.log_odds(LOGITS, 1).sigmoid(), shares[:, 1])
    assert_close(LABELS.right(shares, NUMBERS), torch.tensor([3, 1, 2, 3]).double() / 3)
    assert_close(LABELS.confidence(shares)[1], (shares[1] - 0.5).abs().mean() + 0.5)


def test_labels_in_another_order_give_everything_in_that_order():
    order = torch.tensor([2, 0, 1])
    turned, numbers = LOGITS[:, order], LABELS.joined(MEMBERS[:, order])
    assert_close(
        LABELS.cross_entropies(turned, numbers), LABELS.cross_entropies(LOGITS, NUMBERS)[:, order]
    )
    answers = LABELS.members(LABELS.predicted(LABELS.probabilities(turned)))
    assert torch.equal(
        answers, LABELS.members(LABELS.predicted(LABELS.probabilities(LOGITS)))[:, order]
    )


@pytest.mark.parametrize("num_classes", [2, 4])
def test_a_class_is_the_only_member(num_classes):
    outcome, labels = OneOf(num_classes), torch.tensor([0, 1, 1, num_classes - 1])
    assert torch.equal(outcome.members(labels), F.one_hot(labels, num_classes).bool())
    logits = LOGITS[:, :1].squeeze(1) if num_classes == 2 else torch.randn(4, 4)
    shares = outcome.class_probabilities(logits)
    assert_close(shares.sum(1), torch.ones(4))
    assert torch.equal(outcome.predicted(outcome.probabilities(logits)), shares.argmax(1))
    assert_close(outcome.log_odds(logits, 1).sigmoid(), shares[:, 1])
