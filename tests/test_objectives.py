"""The loss of texts as they are, and of texts moved to where they are hardest."""

from __future__ import annotations

import pytest
import torch

from rnn_sentiment.configuration import compose, make
from rnn_sentiment.network import Network, build_parts
from rnn_sentiment.objectives import Adversarial, cross_entropy, spread, unit
from rnn_sentiment.outcome import OneOf
from rnn_sentiment.types import Batch

losses = OneOf(2).losses
MODELS = ("bag", "conv1d", "gru", "lru", "lstm", "mingru", "minlstm", "qrnn", "rnn", "stack")


def network_of(model: str) -> Network:
    cfg = compose(f"model={model}", "ngrams=hashed", "ngrams.num_buckets=50", "embedding.dim=6")
    torch.manual_seed(0)
    network = Network(*build_parts(cfg, 50, OneOf(2)))
    return network.eval()  # without dropout, so that two passes are alike


@pytest.fixture
def batch() -> Batch:
    lengths = torch.tensor([3, 9, 12, 1])
    tokens = torch.randint(2, 50, (4, 12), generator=torch.Generator().manual_seed(0))
    tokens[torch.arange(12) >= lengths[:, None]] = 0
    return Batch(tokens, lengths, torch.tensor([0, 1, 1, 0]))


@pytest.mark.slow
@pytest.mark.parametrize("model", MODELS)
def test_the_gradient_is_that_of_both_losses(model, batch):
    network, objective = network_of(model), Adversarial(size=2.0)
    embedded = network.embedding(batch.tokens).detach().requires_grad_()
    own = losses(network.score(embedded, batch), batch.labels).sum()
    (gradient,) = torch.autograd.grad(own, embedded)
    moved = 2 * spread(embedded, batch.mask) * unit(gradient)
    network.zero_grad()
    both = losses(network.score(network.embedding(batch.tokens) + moved, batch), batch.labels)
    (both + cross_entropy(network, batch)[1]).sum().backward()
    expected = {name: weight.grad.clone() for name, weight in network.named_parameters()}
    network.zero_grad()
    objective(network, batch)[1].sum().backward()
    for name, weight in network.named_parameters():
        torch.testing.assert_close(weight.grad, expected[name], msg=name)


def test_the_move_has_one_length_a_text_and_leaves_padding(batch):
    network = network_of("gru")
    embedded = network.embedding(batch.tokens).detach().requires_grad_()
    (gradient,) = torch.autograd.grad(
        losses(network.score(embedded, batch), batch.labels).sum(), embedded
    )
    step = unit(gradient)
    torch.testing.assert_close(step.flatten(1).norm(dim=1), torch.ones(4))
    assert not step[~batch.mask].any()
    assert not unit(torch.zeros(2, 3, 4)).any()


def test_texts_are_moved_to_where_they_are_harder(batch):
    network = network_of("gru")
    logits, both = Adversarial(size=1.0)(network, batch)
    own = losses(logits, batch.labels)
    assert (both - own > own).all()
    torch.testing.assert_close(logits, network(batch))


def test_a_frozen_table_is_no_obstacle(batch):
    network = network_of("gru")
    network.embedding.requires_grad_(False)
    Adversarial(size=1.0)(network, batch)[1].sum().backward()
    assert network.embedding.table.weight.grad is None
    assert all(weight.grad is not None for weight in network.encoder.parameters())


def test_the_configuration_chooses_it():
    assert compose().objective == {}
    cfg = compose("objective=adversarial", "objective.size=3")
    assert make(cfg, "objective").size == 3
