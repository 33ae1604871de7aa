"""The loss is that of a distribution over all ids, and its gradient that of autograd."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from rnn_sentiment.pretraining import cross_entropy
from rnn_sentiment.pretraining.adaptive_softmax import AdaptiveSoftmax
from rnn_sentiment.pretraining.cross_entropy import linear_cross_entropy

COUNTS = np.array([3, 50, 1, 20, 40, 2, 10, 5, 4, 30])
SIZE = len(COUNTS)


def softmax(tied: bool, cutoffs: tuple[int, ...] = (3, 6)) -> AdaptiveSoftmax:
    torch.manual_seed(0)
    table = nn.Parameter(torch.randn(SIZE, 6)) if tied else None
    return AdaptiveSoftmax(8, COUNTS, cutoffs, table)


def losses(module: AdaptiveSoftmax, state: torch.Tensor) -> torch.Tensor:
    """The loss of each id after one state."""
    return torch.stack([module(state[None], torch.tensor([number])) for number in range(SIZE)])


@pytest.mark.parametrize("cutoffs", [(3, 6), (4,), (50,)])
@pytest.mark.parametrize("tied", [False, True])
def test_the_probabilities_of_all_ids_add_up_to_one(tied, cutoffs):
    found = losses(softmax(tied, cutoffs), torch.randn(8))
    torch.testing.assert_close(torch.exp(-found).sum(), torch.tensor(1.0))


def test_untied_it_is_torchs_over_ranks():
    module, states = softmax(tied=False), torch.randn(SIZE, 8)
    targets = torch.arange(SIZE)
    theirs = nn.AdaptiveLogSoftmaxWithLoss.forward(module, states, module.ranks[targets])
    torch.testing.assert_close(module(states, targets), -theirs.output.sum())
    assert module.ids[:3].tolist() == [1, 4, 9]


def test_tied_weights_are_the_embeddings():
    module = softmax(tied=True)
    total = module(torch.randn(SIZE, 8), torch.arange(SIZE))
    total.backward()
    assert module.table is not None
    assert (module.table.grad.abs().sum(1) > 0).all()
    names = {name for name, _ in module.named_parameters()}
    assert names == {"table", "clusters", "projection.weight", "tail.0.0.weight", "tail.1.0.weight"}


@pytest.mark.parametrize("scores", [7, 1 << 20])
def test_the_gradient_is_that_of_autograd(monkeypatch, scores):
    monkeypatch.setattr(cross_entropy, "SCORES", scores)
    states = torch.randn(9, 4, requires_grad=True)
    weight = torch.randn(5, 4, requires_grad=True)
    targets = torch.randint(5, (9,))
    ours = linear_cross_entropy(states, weight, targets)
    theirs = F.cross_entropy(states @ weight.t(), targets, reduction="sum")
    torch.testing.assert_close(ours, theirs)
    for own, other in zip(
        torch.autograd.grad(ours / 9, (states, weight)),
        torch.autograd.grad(theirs / 9, (states, weight)),
        strict=True,
    ):
        torch.testing.assert_close(own, other)


def test_nothing_to_predict_is_no_loss():
    weight = torch.randn(5, 4, requires_grad=True)
    total = linear_cross_entropy(torch.randn(0, 4), weight, torch.zeros(0, dtype=torch.int64))
    total.backward()
    assert total == 0
    assert not weight.grad.any()
