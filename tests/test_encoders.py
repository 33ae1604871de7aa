"""The contract that every encoder keeps, under every option."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.testing import assert_close

from rnn_sentiment.data.batches import make_mask
from rnn_sentiment.encoders import BagEncoder, ConvolutionalEncoder, RecurrentEncoder

POOLINGS = ("last", "max", "mean", "concat", "attention")
SIZE = 6


def cases() -> list[Any]:
    found = []
    for pooling, layers in itertools.product(POOLINGS, (1, 2)):
        shared = {"input_dim": SIZE, "num_layers": layers, "dropout": 0.0, "pooling": pooling}
        for cell, both in itertools.product(("rnn", "lstm", "gru"), (False, True)):
            options = {"cell": cell, "hidden_size": 5, "bidirectional": both, **shared}
            name = f"{cell}-{pooling}-{layers}-{'both' if both else 'forward'}"
            found.append(pytest.param((RecurrentEncoder, options), id=name))
        options = {"num_filters": 4, "widths": [1, 2, 5], **shared}
        found.append(pytest.param((ConvolutionalEncoder, options), id=f"conv1d-{pooling}-{layers}"))
        options = {"hidden_size": 5, **shared}
        found.append(pytest.param((BagEncoder, options), id=f"bag-{pooling}-{layers}"))
    return found


@pytest.fixture(params=cases())
def encoder(request: pytest.FixtureRequest) -> nn.Module:
    cls, options = request.param
    torch.manual_seed(0)
    made: nn.Module = cls(**options)
    return made.eval()


@pytest.fixture
def embedded() -> Tensor:
    return torch.randn(4, 9, SIZE, generator=torch.Generator().manual_seed(1))


@pytest.fixture
def mask() -> Tensor:
    return make_mask(torch.tensor([9, 1, 4, 6]), 9)


def test_output_dim_is_what_comes_out(encoder, embedded, mask):
    assert encoder(embedded, mask).shape == (4, encoder.output_dim)


def test_extra_padding_changes_nothing(encoder, embedded, mask):
    padded = F.pad(embedded, (0, 0, 0, 7), value=9.0), F.pad(mask, (0, 7), value=False)
    assert_close(encoder(*padded), encoder(embedded, mask))


def test_contents_of_padding_change_nothing(encoder, embedded, mask):
    other = embedded.masked_fill(~mask[:, :, None], -5.0)
    assert_close(encoder(other, mask), encoder(embedded, mask))


def test_permuting_the_batch_permutes_the_output(encoder, embedded, mask):
    order = torch.tensor([2, 0, 3, 1])
    assert_close(encoder(embedded[order], mask[order]), encoder(embedded, mask)[order])


def test_a_row_alone_equals_the_row_in_a_batch(encoder, embedded, mask):
    together = encoder(embedded, mask)
    for row, length in enumerate(mask.sum(1)):
        alone = encoder(embedded[row : row + 1, :length], mask[row : row + 1, :length])
        assert_close(alone[0], together[row])


def test_every_parameter_receives_gradient(encoder, embedded, mask):
    encoder(embedded, mask).square().sum().backward()
    for name, parameter in encoder.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_bidirectional_equals_torch_on_unpadded_rows(cell, embedded, mask):
    encoder = RecurrentEncoder(
        input_dim=SIZE,
        cell=cell,
        hidden_size=5,
        num_layers=1,
        bidirectional=True,
        dropout=0.0,
        pooling="last",
    )
    kind = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}[cell]
    reference = kind(SIZE, 5, batch_first=True, bidirectional=True)
    forward, backward = encoder.layers[0]
    state = dict(forward.state_dict())
    state |= {f"{name}_reverse": value for name, value in backward.state_dict().items()}
    reference.load_state_dict(state)
    encoded = encoder(embedded, mask)
    for row, length in enumerate(mask.sum(1)):
        hidden = reference(embedded[row : row + 1, :length])[1]
        hidden = hidden[0] if cell == "lstm" else hidden  # (2, 1, 5)
        assert_close(encoded[row], hidden[:, 0].flatten())
