"""States are carried, gradients are not; dropout holds for a window."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
import torch

from rnn_sentiment.embeddings import RandomEmbedding
from rnn_sentiment.pretraining.network import CarriedLayer, LanguageNetwork, detached

SIZE = 30


def network(cell: str = "lstm", **settings: float) -> LanguageNetwork:
    torch.manual_seed(1)
    weight_dropout = settings.pop("weight_dropout", 0.0)
    layer = partial(CarriedLayer, cell=cell, hidden_size=6, weight_dropout=weight_dropout)
    embedding = RandomEmbedding(SIZE, 5, 0.0, 0.0)
    return LanguageNetwork(
        embedding, np.arange(SIZE)[::-1].copy(), layer, num_layers=2, cutoffs=[8], **settings
    )


def window(steps: int) -> tuple[torch.Tensor, torch.Tensor]:
    read = torch.randint(SIZE, (3, steps + 1), generator=torch.Generator().manual_seed(0))
    return read[:, :-1], read[:, 1:]


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
@pytest.mark.parametrize("tied", [False, True])
def test_a_window_behind_a_boundary_equals_one_long_pass(cell, tied):
    model, (tokens, targets) = network(cell, tied=tied), window(12)
    whole, _ = model(tokens, targets)
    states, parts = None, []
    for start in range(0, 12, 4):
        piece = slice(start, start + 4)
        loss, states = model(tokens[:, piece], targets[:, piece], states)
        states = detached(states)
        parts.append(loss)
    torch.testing.assert_close(torch.stack(parts).mean(), whole)
    fresh, _ = model(tokens[:, 4:8], targets[:, 4:8])
    assert not torch.isclose(fresh, parts[1])


def test_no_gradient_goes_past_a_window():
    model, (tokens, targets) = network(), window(8)
    _, states = model(tokens[:, :4], targets[:, :4])
    assert all(one.requires_grad for pair in states for one in pair)
    assert not any(one.requires_grad for pair in detached(states) for one in pair)


@pytest.mark.parametrize(
    "dropped", ["embedding_dropout", "input_dropout", "dropout", "weight_dropout"]
)
def test_dropout_is_of_training_only(dropped):
    model, plain, (tokens, targets) = network(**{dropped: 0.5}), network(), window(4)
    expected = plain(tokens, targets)[0]
    assert not torch.equal(model(tokens, targets)[0], expected)
    torch.testing.assert_close(model.eval()(tokens, targets)[0], expected)


def test_a_hidden_word_is_hidden_everywhere():
    model = network(embedding_dropout=0.5)
    tokens = torch.arange(1, SIZE).repeat(2, 3)
    zero = (model.embed(tokens) == 0).all(2)
    assert torch.equal(zero, zero[:, : SIZE - 1].repeat(1, 3))
    assert zero.any()
    assert not zero.all()


def test_features_are_dropped_at_all_steps():
    zero = network().locked(torch.ones(2, 5, 40), 0.5) == 0
    assert torch.equal(zero, zero[:, :1].expand_as(zero))
    assert zero.any()


def test_dropped_weights_get_no_gradient():
    torch.manual_seed(0)
    layer = CarriedLayer(4, "lstm", 8, weight_dropout=0.5)
    layer(torch.randn(2, 3, 4), None)[0].sum().backward()
    share = (layer.cell.weight_hh_l0.grad == 0).float().mean()
    assert 0.3 < share < 0.7


def test_cutoffs_rise():
    with pytest.raises(ValueError, match=r"cutoffs=\[9, 4\] do not rise"):
        LanguageNetwork(
            RandomEmbedding(SIZE, 5, 0.0, 0.0), np.ones(SIZE), partial(CarriedLayer), 1, [9, 4]
        )
