"""Pooling in one compiled pass: the same as in plain torch."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.testing import assert_close

from rnn_sentiment import kernels
from rnn_sentiment.kernels.pooling import PARTS, pool

pytestmark = pytest.mark.usefixtures("compiled")


def answers(states: Tensor, lengths: Tensor, *rest) -> tuple[Tensor, Tensor]:
    """What is pooled, and the gradient of a fixed sum of it."""
    states = states.detach().requires_grad_()
    pooled = pool(states, lengths, *rest)
    weights = torch.linspace(-1, 1, pooled.numel(), dtype=pooled.dtype).view_as(pooled)
    (grad,) = torch.autograd.grad((pooled * weights).sum(), states)
    return pooled, grad


@settings(max_examples=40)
@given(
    batch=st.integers(1, 5),
    steps=st.integers(1, 9),
    size=st.integers(1, 40),
    backward=st.booleans(),
    parts=st.permutations(PARTS).flatmap(lambda p: st.integers(1, 3).map(lambda n: p[:n])),
    seed=st.integers(0, 99),
)
def test_it_equals_plain_torch(batch, steps, size, backward, parts, seed):
    generator = torch.Generator().manual_seed(seed)
    states = torch.randn(batch, steps, size, generator=generator)
    lengths = torch.randint(1, steps + 1, (batch,), generator=generator)
    backward_dim = size // 2 if backward else 0
    found = answers(states, lengths, parts, backward_dim)
    kernels.use("torch")
    expected = answers(states, lengths, parts, backward_dim)
    kernels.use("compiled")
    assert_close(found, expected)


def test_bfloat16_states_are_summed_in_float32():
    states = torch.randn(3, 500, 20, generator=torch.Generator().manual_seed(0))
    lengths = torch.tensor([500, 1, 77])
    found = answers(states.bfloat16(), lengths, PARTS)
    expected = answers(states.bfloat16().float(), lengths, PARTS)
    assert_close(found[0], expected[0].bfloat16(), rtol=0.01, atol=1e-4)
    assert_close(found[1], expected[1].bfloat16(), rtol=0.02, atol=1e-2)


def test_padding_is_neither_read_nor_given_a_gradient():
    states, lengths = torch.randn(2, 6, 8), torch.tensor([4, 6])
    states[0, 4:] = torch.nan
    pooled, grad = answers(states, lengths, PARTS)
    assert pooled.isfinite().all()
    assert (grad[0, 4:] == 0).all()


@pytest.mark.parametrize("part", PARTS)
def test_what_is_no_number_stays_none(part):
    states = torch.randn(2, 6, 8)
    states[0, 5 if part == "last" else 2, 3] = torch.nan
    pooled = pool(states, torch.tensor([6, 6]), [part])
    assert torch.equal(pooled.isnan().nonzero(), torch.tensor([[0, 3]]))


def test_threads_do_not_matter():
    states, lengths = torch.randn(9, 30, 20), torch.arange(22, 31)
    found = []
    for threads in (1, 2):
        before = torch.get_num_threads()
        torch.set_num_threads(threads)
        found.append(answers(states, lengths, PARTS))
        torch.set_num_threads(before)
    assert all(map(torch.equal, *found))
