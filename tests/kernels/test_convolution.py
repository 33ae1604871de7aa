"""Convolution and maximum in one compiled pass: the same as one after the other."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.testing import assert_close

from rnn_sentiment.encoders import ConvolutionalLayer
from rnn_sentiment.kernels.pooling import pool
from rnn_sentiment.types import make_mask

pytestmark = pytest.mark.usefixtures("compiled")


def gradients(layer: ConvolutionalLayer, states: Tensor, pooled: Tensor) -> list[Tensor]:
    weights = torch.linspace(-1, 1, pooled.numel()).view_as(pooled)
    return list(torch.autograd.grad((pooled * weights).sum(), [states, *layer.parameters()]))


@settings(max_examples=40)
@given(
    batch=st.integers(1, 4),
    steps=st.integers(1, 20),
    size=st.integers(1, 40),
    filters=st.integers(1, 20),
    widths=st.lists(st.integers(1, 6), min_size=1, max_size=3),
    seed=st.integers(0, 99),
)
def test_it_equals_the_layer_and_then_the_pooling(batch, steps, size, filters, widths, seed):
    torch.manual_seed(seed)
    layer = ConvolutionalLayer(size, filters, widths)
    states = torch.randn(batch, steps, size, requires_grad=True)
    lengths = torch.randint(1, steps + 1, (batch,))
    mask = make_mask(lengths, steps)
    found = layer(states, mask, pooled=True)
    expected = pool(layer(states, mask), lengths, ["max"])
    assert_close(found, expected, rtol=1e-5, atol=1e-5)
    for one, other in zip(
        gradients(layer, states, found), gradients(layer, states, expected), strict=True
    ):
        assert_close(one, other, rtol=1e-4, atol=1e-4)


@pytest.fixture
def layer() -> ConvolutionalLayer:
    torch.manual_seed(0)
    return ConvolutionalLayer(32, 24, [1, 3, 5])


@pytest.fixture
def states() -> Tensor:
    return torch.randn(50, 30, 32, generator=torch.Generator().manual_seed(1), requires_grad=True)


def test_bfloat16_products_are_close(layer, states):
    mask = make_mask(torch.arange(30).repeat(2)[:50] % 29 + 1, 30)
    exact = layer(states, mask, pooled=True)
    with torch.autocast("cpu", torch.bfloat16):
        rounded = layer(states, mask, pooled=True)
        again = layer(states.bfloat16(), mask, pooled=True)
    assert rounded.dtype == torch.bfloat16
    assert torch.equal(rounded, again)
    assert_close(rounded.float(), exact, rtol=0.02, atol=0.03)


def test_filters_that_find_nothing_answer_zero_and_learn_nothing(layer, states):
    mask = make_mask(torch.full((50,), 30), 30)
    for convolve in layer:
        convolve.bias.data.fill_(-100)
    pooled = layer(states, mask, pooled=True)
    assert (pooled == 0).all()
    assert all((grad == 0).all() for grad in gradients(layer, states, pooled))


def test_dropout_comes_before_the_maximum(layer, states):
    for convolve in layer:
        convolve.bias.data.fill_(100)
    layer.dropout = 0.5
    for steps, share in ((1, 0.5), (3, 0.125)):
        mask = make_mask(torch.full((50,), steps), 30)
        pooled = layer.train()(states, mask, pooled=True)
        found = (pooled == 0).double().mean()
        assert abs(found - share) < 5 * (share * (1 - share) / pooled.numel()) ** 0.5
        assert (pooled[pooled > 0] > 150).all()  # scaled up
        assert (layer.eval()(states, mask, pooled=True) > 50).all()


def test_seed_decides_and_threads_do_not(layer, states):
    layer.dropout = 0.5
    mask = make_mask(torch.full((50,), 30), 30)
    found = []
    for seed, threads in ((1, 1), (1, 2), (2, 2)):
        before = torch.get_num_threads()
        torch.set_num_threads(threads)
        torch.manual_seed(seed)
        pooled = layer(states, mask, pooled=True)
        found.append([pooled, *gradients(layer, states, pooled)])
        torch.set_num_threads(before)
    assert all(map(torch.equal, found[0], found[1]))
    assert not torch.equal(found[0][0], found[2][0])


def test_what_is_no_number_stays_none(layer, states):
    with torch.no_grad():
        states[3, 7, 5] = torch.nan
    pooled = layer(states, make_mask(torch.full((50,), 30), 30), pooled=True)
    assert pooled[3].isnan().all()
    assert pooled[[*range(3), *range(4, 50)]].isfinite().all()
