"""The contract that every encoder keeps, under every option."""

from __future__ import annotations

import itertools
import math
from functools import partial
from typing import Any

import pytest
import torch
from lightning.pytorch.plugins.precision import DoublePrecision, HalfPrecision
from torch import Tensor, nn
from torch.nn import functional as F
from torch.testing import assert_close

from rnn_sentiment.encoders import (
    ConvolutionalLayer,
    Dense,
    Encoder,
    FeatureDropout,
    Flatten,
    MaxPooling,
    Pooling,
    RecurrentLayer,
)
from rnn_sentiment.errors import UserError
from rnn_sentiment.types import make_mask

POOLINGS = ("last", "max", "mean", "concat", "attention")
CELLS = ("rnn", "lstm", "gru")
PARALLEL = ("mingru", "minlstm", "qrnn", "lru")
SIZE = 6

LSTM = partial(RecurrentLayer, cell="lstm", hidden_size=5)
BOTH = partial(RecurrentLayer, cell="gru", hidden_size=4, bidirectional=True)
CONV = partial(ConvolutionalLayer, num_filters=4, widths=[3])
DENSE = partial(Dense, size=5)
LISTS: dict[str, dict[str, Any]] = {
    "flatten": {"layers": [], "pooling": partial(Flatten, length=9), "dense_after": [5]},
    "conv-flatten": {"layers": [CONV], "pooling": partial(Flatten, length=9)},
    "dense-lstm-gru": {"layers": [DENSE, LSTM, BOTH], "pooling": "last", "dense_after": [5, 5]},
    "conv-max-lstm": {"layers": [CONV, partial(MaxPooling, size=2), LSTM], "pooling": "last"},
    "max-both": {"layers": [partial(MaxPooling, size=4), BOTH], "pooling": "concat"},
    "max-flatten": {
        "layers": [partial(MaxPooling, size=3)],
        "pooling": partial(Flatten, length=3),
        "dense_after": [5],
    },
    "dropouts": {
        "layers": [partial(FeatureDropout, rate=0.5), partial(BOTH, dropout=0.5)],
        "pooling": "last",
        "pooled_dropout": 0.5,
    },
}
AROUND = {"dense_before": [7, 4], "dense_after": [5], "input_dropout": 0.5, "dropout": 0.5}


def cases() -> list[Any]:
    found = {}
    for pooling, num in itertools.product(POOLINGS, (1, 2)):
        around = {"num_layers": num, "pooling": pooling}
        for cell, both in itertools.product(CELLS, (False, True)):
            layer = partial(RecurrentLayer, cell=cell, hidden_size=5, bidirectional=both)
            direction = "both" if both else "forward"
            found[f"{cell}-{pooling}-{num}-{direction}"] = {"layers": layer, **around}
        layer = partial(ConvolutionalLayer, num_filters=4, widths=[1, 2, 5])
        found[f"conv1d-{pooling}-{num}"] = {"layers": layer, **around}
        found[f"bag-{pooling}-{num}"] = {
            "layers": [],
            "pooling": pooling,
            "pooled_dropout": 0.5,
            "dense_after": [5] * num,
        }
    for pooling, both, cell in itertools.product(("last", "concat"), (False, True), PARALLEL):
        layer = partial(RecurrentLayer, cell=cell, hidden_size=5, bidirectional=both, dropout=0.5)
        direction = "both" if both else "forward"
        found[f"{cell}-{pooling}-2-{direction}"] = {
            "layers": layer,
            "num_layers": 2,
            "pooling": pooling,
        }
    found |= LISTS
    around = {"num_layers": 2, "pooling": "last", **AROUND}
    for cell in CELLS:
        layer = partial(
            RecurrentLayer, cell=cell, hidden_size=5, bidirectional=True, recurrent_dropout=0.5
        )
        found[f"{cell}-around"] = {"layers": layer, "layer_norm": True, **around}
    layer = partial(ConvolutionalLayer, num_filters=4, widths=[2, 3])
    found["conv1d-around"] = {"layers": layer, **around}
    found["conv1d-norm"] = {"layers": layer, "layer_norm": True, "num_layers": 2, "pooling": "max"}
    found["bag-around"] = {"layers": [], "pooling": "last", **AROUND}
    return [pytest.param(options, id=name) for name, options in found.items()]


@pytest.fixture(params=cases())
def encoder(request: pytest.FixtureRequest) -> nn.Module:
    torch.manual_seed(0)
    return Encoder(SIZE, **request.param).eval()


@pytest.fixture
def embedded() -> Tensor:
    return torch.randn(4, 9, SIZE, generator=torch.Generator().manual_seed(1))


@pytest.fixture
def mask() -> Tensor:
    return make_mask(torch.tensor([9, 1, 4, 6]), 9)


def test_output_dim_is_what_comes_out(encoder, embedded, mask):
    assert encoder(embedded, mask).shape == (4, encoder.output_dim)


@pytest.mark.slow
@pytest.mark.fault("c4")
def test_extra_padding_changes_nothing(encoder, embedded, mask):
    padded = F.pad(embedded, (0, 0, 0, 7), value=9.0), F.pad(mask, (0, 7), value=False)
    assert_close(encoder(*padded), encoder(embedded, mask))


@pytest.mark.fault("c4")
def test_contents_of_padding_change_nothing(encoder, embedded, mask):
    other = embedded.masked_fill(~mask[:, :, None], -5.0)
    assert_close(encoder(other, mask), encoder(embedded, mask))


@pytest.mark.fault("c4")
def test_permuting_the_batch_permutes_the_output(encoder, embedded, mask):
    order = torch.tensor([2, 0, 3, 1])
    assert_close(encoder(embedded[order], mask[order]), encoder(embedded, mask)[order])


@pytest.mark.fault("c4")
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


@pytest.mark.parametrize(
    "precision",
    [
        "bf16-true",
        pytest.param("16-true", marks=pytest.mark.slow),
        pytest.param("64-true", marks=pytest.mark.battery),
    ],
)
def test_a_network_of_another_type_reads_as_one_of_float32(encoder, embedded, mask, precision):
    expected = encoder(embedded, mask)
    plugin = DoublePrecision() if precision == "64-true" else HalfPrecision(precision)
    plugin.convert_module(encoder)
    with plugin.forward_context():
        found = encoder(plugin.convert_input(embedded), mask)
        found.square().sum().backward()
    assert (found - expected).norm() < 0.05 * expected.norm()
    assert all(parameter.grad.isfinite().all() for parameter in encoder.parameters())


@pytest.mark.parametrize("cell", CELLS)
def test_bidirectional_equals_torch_on_unpadded_rows(cell, embedded, mask):
    layer = partial(RecurrentLayer, cell=cell, hidden_size=5, bidirectional=True)
    encoder = Encoder(SIZE, layer, "last")
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


@pytest.mark.parametrize("cell", CELLS)
def test_recurrent_dropout_hides_the_same_state_features_at_all_steps(cell, embedded):
    """Hidden features leave no trace in later steps: as if their recurrent weights were zero."""
    layer = RecurrentLayer(SIZE, cell, 5)[0]
    kept = torch.tensor([1.0, 0.0, 2.0, 0.0, 1.0]).expand(4, 5)
    found = layer(embedded, kept=kept)[0]
    with torch.no_grad():
        layer.weight_hh_l0.mul_(kept[0])
    assert_close(found, layer(embedded)[0])


@pytest.mark.parametrize("cell", CELLS)
def test_recurrent_dropout_is_for_training_and_differs_between_rows(cell, embedded, mask):
    layer = RecurrentLayer(SIZE, cell, 5, recurrent_dropout=0.5)
    alike = embedded[:1].expand(4, -1, -1)
    first, second = layer(alike, mask), layer(alike, mask)
    assert_close(first[:, 0], second[:, 0])  # nothing is recalled at the first step
    assert not torch.equal(first, second)
    assert not torch.equal(first[0], first[1])
    layer.eval()
    assert torch.equal(layer(alike, mask), layer(alike, mask))
    assert_close(layer(embedded, mask)[mask], layer[0](embedded)[0][mask])


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
    ("options", "line"),
    [
        ({"layers": [LSTM, partial(Pooling, name="last")]}, "Pooling is no layer but a pooling"),
        ({"layers": [partial(Flatten, length=9)]}, "Flatten is no layer but a pooling"),
        ({"layers": [LSTM], "num_layers": 2}, "a list of layers is not repeated"),
        ({"layers": LSTM, "pooling": "first"}, "pooling"),
    ],
)
def test_an_encoder_that_cannot_be_is_refused(options, line):
    with pytest.raises(ValueError, match=line):
        Encoder(SIZE, **{"pooling": "last", **options})


def test_one_kind_of_layer_is_a_list_of_it(embedded, mask):
    encoder = Encoder(SIZE, BOTH, "last", num_layers=2)
    listed = Encoder(SIZE, [BOTH, BOTH], "last")
    listed.load_state_dict(encoder.state_dict())
    assert torch.equal(listed(embedded, mask), encoder(embedded, mask))
