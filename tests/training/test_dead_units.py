"""What a mean of scores would hide: units that are off, and many reviews with one probability."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from rnn_sentiment.encoders import ConvolutionalLayer, Dense, Encoder
from rnn_sentiment.training.dead_units import watching
from rnn_sentiment.training.scoring import most_common


def test_units_that_are_off_for_every_row_are_counted():
    network = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 2), nn.ReLU())
    with torch.no_grad():
        network[0].bias[:2] = -100.0
        network[0].bias[2] = 100.0
        network[2].bias[:] = 100.0
    with watching(network) as watch:
        for batch in torch.zeros(2, 4, 5, 2):
            network(batch)
    network(torch.full((1, 2), 1000.0))  # nobody watches any more
    assert watch.dead() == {"1": {"dead": 2, "of": 3}}


@pytest.mark.parametrize("pooled", [False, True])
def test_filters_that_are_off_for_every_text_are_counted(pooled):
    layer = ConvolutionalLayer(4, num_filters=3, widths=[1, 3]).eval()
    mask = torch.arange(6) < torch.tensor([[6], [2]])
    with torch.no_grad():
        for convolve in layer:
            convolve.bias[:] = 100.0
        layer[1].bias[0] = -100.0
        layer[0].weight[1], layer[0].bias[1] = -100.0, 1.0  # on where there is only padding
    network = nn.ModuleDict({"convolution": layer})
    with watching(network) as watch, torch.no_grad():
        layer(torch.ones(2, 6, 4), mask, pooled=pooled)
    assert watch.dead() == {"convolution": {"dead": 2, "of": 6}}


@pytest.mark.parametrize("place", ["first", "among the layers"])
def test_dense_units_that_are_on_at_padding_only_are_counted(place):
    first = place == "first"
    encoder = Encoder(
        1, [] if first else [partial(Dense, size=3)], "mean", dense_before=[3] * first
    )
    linear = (encoder.before if first else encoder.layers[0].layers)[0]
    mask = torch.arange(6) < torch.tensor([[6], [2]])
    with torch.no_grad():
        linear.weight[:, 0] = torch.tensor([-1.0, 1.0, -1.0])
        linear.bias[:] = torch.tensor([0.5, 0.0, 100.0])
    with watching(encoder.eval()) as watch, torch.no_grad():
        encoder(mask[..., None].float(), mask)  # the first unit is on where the input is 0
    assert list(watch.dead().values()) == [{"dead": 1, "of": 3}]


def test_the_probability_that_most_reviews_got_is_counted():
    probabilities = np.r_[np.full(30, 0.25), np.full(45, 0.5), np.linspace(0.6, 1, 25)]
    labels = np.r_[np.tile([0, 1], 15), np.ones(70)]
    frame = pd.DataFrame({"probability": probabilities, "label": labels})
    assert most_common(frame) == {"probability": 0.25, "share": 0.3}
    assert most_common(frame[30:]) is None  # sure answers to texts of one class
