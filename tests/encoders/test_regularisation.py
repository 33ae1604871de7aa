"""Dropout of recurrent weights, and layer normalisation."""

from __future__ import annotations

from functools import partial

import pytest
import torch
from torch.testing import assert_close

from rnn_sentiment.encoders import Encoder, RecurrentLayer

STEPS = torch.randn(3, 6, 4, generator=torch.Generator().manual_seed(0))
MASK = torch.ones(3, 6, dtype=torch.bool)


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_weight_dropout_hides_the_same_recurrent_weights_from_all_rows(cell):
    layer = RecurrentLayer(4, cell, 5, bidirectional=True, weight_dropout=0.5)
    alike = STEPS[:1].expand(3, -1, -1)
    first, second = layer(alike, MASK), layer(alike, MASK)
    assert_close(first, first[:1].expand_as(first))
    assert_close(first[:, 0, :5], second[:, 0, :5])  # nothing is recalled at the first step
    assert not torch.equal(first[:, -1, :5], second[:, -1, :5])
    assert not torch.equal(first[:, 0, 5:], second[:, 0, 5:])


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_hidden_weights_learn_nothing_and_the_others_are_scaled(cell):
    layer = RecurrentLayer(4, cell, 5, weight_dropout=0.5)
    layer(STEPS, MASK).square().sum().backward()
    gradient = layer[0].weight_hh_l0.grad
    assert 0.2 < (gradient == 0).float().mean() < 0.8


def test_weight_dropout_is_for_training():
    torch.manual_seed(0)
    layer = RecurrentLayer(4, "gru", 5, weight_dropout=0.5).eval()
    torch.manual_seed(0)
    plain = RecurrentLayer(4, "gru", 5)
    assert torch.equal(layer(STEPS, MASK), plain(STEPS, MASK))


@pytest.mark.parametrize("cell", ["mingru", "minlstm", "qrnn", "lru"])
def test_cells_without_recurrent_weights_refuse_it(cell):
    with pytest.raises(ValueError, match=f"weight_dropout=0.2: the gates of cell={cell}"):
        RecurrentLayer(4, cell, 5, weight_dropout=0.2)


def test_layer_norm_gives_each_step_of_each_layer_mean_zero_and_variance_one():
    layer = partial(RecurrentLayer, cell="gru", hidden_size=16)
    encoder = Encoder(4, layer, "last", num_layers=2, layer_norm=True)
    encoded = encoder(STEPS, MASK)
    assert_close(encoded.mean(1), torch.zeros(3))
    assert_close(encoded.var(1, correction=0), torch.ones(3), rtol=0, atol=1e-2)
    assert not torch.equal(encoded, Encoder(4, layer, "last", num_layers=2)(STEPS, MASK))
