"""The contract that every encoder keeps, under every option."""

from __future__ import annotations

import itertools
import math
from functools import partial
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.testing import assert_close

from rnn_sentiment.data.batches import make_mask
from rnn_sentiment.encoders import (
    BagEncoder,
    ConvolutionalEncoder,
    ConvolutionalLayer,
    Dense,
    Dropout,
    FeatureDropout,
    Flatten,
    MaxPooling,
    Pooling,
    RecurrentEncoder,
    RecurrentLayer,
    StackEncoder,
)
from rnn_sentiment.encoders.recurrent import step_through
from rnn_sentiment.errors import UserError

POOLINGS = ("last", "max", "mean", "concat", "attention")
SIZE = 6

LSTM = partial(RecurrentLayer, cell="lstm", hidden_size=5)
BOTH = partial(RecurrentLayer, cell="gru", hidden_size=4, bidirectional=True)
CONV = partial(ConvolutionalLayer, num_filters=4, widths=[3])
DENSE = partial(Dense, size=5)
STACKS = {
    "flatten": [partial(Flatten, length=9), DENSE],
    "conv-flatten": [CONV, partial(Flatten, length=9)],
    "dense-lstm-gru": [DENSE, LSTM, BOTH, partial(Pooling, name="last"), DENSE, DENSE],
    "conv-max-lstm": [CONV, partial(MaxPooling, size=2), LSTM, partial(Pooling, name="last")],
    "max-both": [partial(MaxPooling, size=4), BOTH, partial(Pooling, name="concat")],
    "max-flatten": [partial(MaxPooling, size=3), partial(Flatten, length=3), DENSE],
    "dropouts": [
        partial(FeatureDropout, rate=0.5),
        BOTH,
        partial(Dropout, rate=0.5),
        partial(Pooling, name="last"),
        partial(Dropout, rate=0.5),
        DENSE,
    ],
}
LEVERS = {"dense_before": [7, 4], "dense_after": [5], "input_dropout": 0.5, "dropout": 0.5}


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
    for name, layers in STACKS.items():
        found.append(pytest.param((StackEncoder, {"layers": layers}), id=f"stack-{name}"))
    levers = {"num_layers": 2, "pooling": "last", **LEVERS}
    for cell in ("rnn", "lstm", "gru"):
        options = {"cell": cell, "hidden_size": 5, "bidirectional": True, "recurrent_dropout": 0.5}
        found.append(pytest.param((RecurrentEncoder, options | levers), id=f"{cell}-levers"))
    options = {"num_filters": 4, "widths": [2, 3]}
    found.append(pytest.param((ConvolutionalEncoder, options | levers), id="conv1d-levers"))
    found.append(pytest.param((BagEncoder, {"hidden_size": 5} | levers), id="bag-levers"))
    return found


@pytest.fixture(params=cases())
def encoder(request: pytest.FixtureRequest) -> nn.Module:
    cls, options = request.param
    torch.manual_seed(0)
    made: nn.Module = cls(**{"input_dim": SIZE, **options})
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


def lengths_of(mask: Tensor) -> list[int]:
    lengths: list[int] = mask.sum(1).tolist()
    return lengths


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_stepping_through_a_cell_equals_the_fused_layer(cell, embedded):
    layer = RecurrentLayer(SIZE, cell, 5)[0]
    for parameter in layer.parameters():
        nn.init.normal_(parameter)  # biases too, which begin at zero
    assert_close(step_through(layer, embedded, torch.ones(4, 5)), layer(embedded)[0])


def test_what_an_lstm_carries_is_not_rounded_away_in_half_precision():
    layer = RecurrentLayer(1, "lstm", 1, recurrent_dropout=1e-9).train()
    for parameter in layer.parameters():
        nn.init.zeros_(parameter)
    with torch.no_grad():  # adds 0.002 at each step and forgets nothing
        layer[0].bias_ih_l0.copy_(torch.tensor([0.0, 20.0, 0.004, 20.0]))
    steps = torch.zeros(1, 400, 1, dtype=torch.bfloat16)
    with torch.autocast("cpu", torch.bfloat16):
        states = layer(steps, torch.ones(1, 400, dtype=torch.bool))
    assert states[0, -1].item() == pytest.approx(math.tanh(0.8), abs=0.01)


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_recurrent_dropout_hides_the_same_state_features_at_all_steps(cell, embedded):
    """Hidden features leave no trace in later steps: as if their recurrent weights were zero."""
    layer = RecurrentLayer(SIZE, cell, 5)[0]
    kept = torch.tensor([1.0, 0.0, 2.0, 0.0, 1.0]).expand(4, 5)
    found = step_through(layer, embedded, kept)
    with torch.no_grad():
        layer.weight_hh_l0.mul_(kept[0])
    assert_close(found, layer(embedded)[0])


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_recurrent_dropout_is_for_training_and_differs_between_rows(cell, embedded, mask):
    layer = RecurrentLayer(SIZE, cell, 5, recurrent_dropout=0.5)
    alike = embedded[:1].expand(4, -1, -1)
    first, second = layer(alike, mask), layer(alike, mask)
    assert_close(first[:, 0], second[:, 0])  # nothing is recalled at the first step
    assert not torch.equal(first, second)
    assert not torch.equal(first[0], first[1])
    layer.eval()
    assert torch.equal(layer(alike, mask), layer(alike, mask))
    assert_close(layer(embedded, mask), layer[0](embedded)[0])


def test_feature_dropout_drops_a_feature_at_all_steps_or_at_none(mask):
    kept = FeatureDropout(0.5, 64)(torch.ones(4, 9, 64), mask)
    assert set(kept.unique().tolist()) == {0.0, 2.0}
    assert (kept == kept[:, :1]).all()
    assert not (kept[0] == kept[1]).all()


def test_max_pooling_takes_windows_of_tokens_alone(mask):
    states = torch.arange(-36.0, 0.0).reshape(4, 9, 1)  # below the zeros of padding
    layer = MaxPooling(1, 4)
    pooled, shorter = layer(states, mask), layer.shorten(mask)
    assert lengths_of(shorter) == [3, 1, 1, 2]
    assert pooled[0, :, 0].tolist() == [-33.0, -29.0, -28.0]
    assert pooled[1, :, 0].tolist() == [-27.0, 0.0, 0.0]
    assert pooled[3, :, 0].tolist() == [-6.0, -4.0, 0.0]


def test_flatten_refuses_reviews_that_are_too_long(embedded, mask):
    with pytest.raises(UserError, match=r"data\.max_length"):
        Flatten(SIZE, 8)(embedded, mask)
    assert Flatten(SIZE, 6)(embedded[2:], mask[2:]).shape == (2, 36)  # only padding is cut


@pytest.mark.parametrize(
    ("layers", "line"),
    [
        ([], "need one Pooling or Flatten, not 0"),
        ([LSTM], "need one Pooling or Flatten, not 0"),
        ([partial(Pooling, name="last")] * 2, "need one Pooling or Flatten, not 2"),
        ([partial(Pooling, name="last"), LSTM], "RecurrentLayer needs steps"),
        ([partial(Pooling, name="last"), partial(MaxPooling, size=2)], "MaxPooling needs steps"),
    ],
)
def test_a_stack_that_cannot_be_is_refused(layers, line):
    with pytest.raises(ValueError, match=line):
        StackEncoder(SIZE, layers)


def test_a_stack_of_one_layer_is_the_encoder(embedded, mask):
    options = {"cell": "lstm", "hidden_size": 5, "bidirectional": True}
    encoder = RecurrentEncoder(SIZE, num_layers=1, dropout=0.0, pooling="last", **options)
    stack = StackEncoder(SIZE, [partial(RecurrentLayer, **options), partial(Pooling, name="last")])
    stack.layers[0].load_state_dict(encoder.layers[0].state_dict())
    assert torch.equal(stack(embedded, mask), encoder(embedded, mask))
