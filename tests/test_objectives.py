"""The loss of texts as they are, and of texts moved to where they are hardest."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from rnn_sentiment.configuration import compose, make
from rnn_sentiment.network import Network, build_parts
from rnn_sentiment.objectives import (
    Adversarial,
    LabelSmoothing,
    VirtualAdversarial,
    cross_entropy,
    spread,
    unit,
)
from rnn_sentiment.outcome import AnyOf, OneOf, Outcome
from rnn_sentiment.types import Batch, BatchWithUnlabelled, TrainingBatch

losses = OneOf(2).losses
MODELS = ("bag", "conv1d", "gru", "lru", "lstm", "mingru", "minlstm", "qrnn", "rnn", "stack")


def network_of(model: str, outcome: Outcome = OneOf(2)) -> Network:  # noqa: B008
    cfg = compose(f"model={model}", "ngrams=hashed", "ngrams.num_buckets=50", "embedding.dim=6")
    torch.manual_seed(0)
    network = Network(*build_parts(cfg, 50, outcome), outcome)
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
    own = losses(network.scorer(batch)(embedded), batch.labels).sum()
    (gradient,) = torch.autograd.grad(own, embedded)
    moved = 2 * spread(embedded, batch.mask) * unit(gradient)
    network.zero_grad()
    both = losses(network.scorer(batch)(network.embedding(batch.tokens) + moved), batch.labels)
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
        losses(network.scorer(batch)(embedded), batch.labels).sum(), embedded
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


@pytest.mark.slow
def test_the_configuration_chooses_it():
    assert compose().objective == {}
    cfg = compose("objective=adversarial", "objective.size=3")
    assert make(cfg, "objective").size == 3
    assert make(compose("objective=label_smoothing"), "objective").smoothing == 0.1
    cfg = compose("objective=virtual_adversarial")
    assert make(cfg, "objective").size == 5
    assert cfg.data.unlabelled_batch_size == 64


@pytest.mark.parametrize(
    ("outcome", "labels"),
    [(OneOf(2), [0, 1, 1, 0]), (OneOf(4), [0, 3, 2, 0]), (AnyOf(3), [0, 5, 7, 2])],
)
def test_smoothed_labels_are_a_little_of_every_class(outcome, labels, batch):
    network = network_of("gru", outcome)
    logits, found = LabelSmoothing(0.2)(network, batch._replace(labels=torch.tensor(labels)))
    if isinstance(outcome, AnyOf):
        targets = outcome.members(torch.tensor(labels)).float() * 0.8 + 0.1
        expected = F.binary_cross_entropy_with_logits(logits, targets, reduction="none")
    else:
        both = torch.stack([-logits, logits], 1) / 2 if logits.dim() == 1 else logits
        expected = F.cross_entropy(
            both, torch.tensor(labels), label_smoothing=0.2, reduction="none"
        )
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("outcome", [OneOf(2), OneOf(4), AnyOf(3)])
def test_answers_change_more_along_the_virtual_direction_than_along_any_other(outcome, batch):
    network, objective = network_of("gru", outcome), VirtualAdversarial(size=8.0)
    embedded = network.embedding(batch.tokens)
    logits = network.scorer(batch)(embedded)
    change = objective.change(network, batch, network.scorer(batch), embedded, logits)
    shares = outcome.probabilities(logits)
    for _ in range(5):
        noise = unit(torch.randn_like(embedded) * batch.mask[:, :, None])
        moved = network.scorer(batch)(embedded + 8 * spread(embedded, batch.mask) * noise)
        other = outcome.soft_cross_entropies(moved, shares) - outcome.soft_cross_entropies(
            logits, shares
        )
        assert change.sum() > 2 * other.sum() > 0


def test_a_text_counts_virtually_whatever_its_label(batch):
    network, objective = network_of("gru"), VirtualAdversarial(size=1.0)

    def added(one: TrainingBatch) -> torch.Tensor:
        torch.manual_seed(3)
        logits, found = objective(network, one)
        return found - network.outcome.cross_entropies(logits, one.labels)

    own = added(batch)
    torch.testing.assert_close(own, own[:1].expand(4))  # the mean over all texts
    torch.testing.assert_close(added(batch._replace(labels=1 - batch.labels)), own)
    further = batch._replace(tokens=batch.tokens.flip(0), lengths=batch.lengths.flip(0))
    assert not torch.equal(added(BatchWithUnlabelled(*batch, further)), own)


def test_virtual_moves_teach_a_network_though_its_table_is_frozen(batch):
    network = network_of("gru")
    network.embedding.requires_grad_(False)
    VirtualAdversarial(size=1.0)(network, batch)[1].sum().backward()
    assert all(weight.grad is not None for weight in network.encoder.parameters())
