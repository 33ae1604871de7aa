"""Dropout in every way: the right share, the same mask on the way back, one mask for a seed."""

from __future__ import annotations

import pytest
import torch
from torch.testing import assert_close

from rnn_sentiment.kernels.dropout import EmbeddingDropout, dropout


@pytest.fixture(params=[torch.float32, torch.bfloat16], ids=str)
def ones(request: pytest.FixtureRequest) -> torch.Tensor:
    torch.manual_seed(0)
    return torch.ones(40, 50, 37, dtype=request.param, requires_grad=True)


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_the_share_is_dropped_and_the_rest_scaled_up(way, ones, rate):
    dropped = dropout(ones, rate, training=True)
    none, scaled = dropped.unique().tolist()
    assert none == 0
    assert scaled == pytest.approx(1 / (1 - rate), rel=0.004)
    share = (dropped == 0).double().mean()
    assert abs(share - rate) < 5 * (rate * (1 - rate) / ones.numel()) ** 0.5


def test_the_gradient_goes_through_what_was_kept(way, ones):
    dropped = dropout(ones, 0.3, training=True)
    (grad,) = torch.autograd.grad(dropped.sum(), ones)
    assert torch.equal(grad, dropped)


def test_nothing_is_dropped_at_rate_zero_and_after_training(way, ones):
    assert dropout(ones, 0.0, training=True) is ones
    assert dropout(ones, 0.5, training=False) is ones


def test_the_generator_decides_and_threads_do_not(way, ones):
    masks = []
    for seed, threads in ((1, 1), (1, 2), (2, 2)):
        before = torch.get_num_threads()
        torch.set_num_threads(threads)
        torch.manual_seed(seed)
        masks.append(dropout(ones, 0.5, training=True))
        torch.set_num_threads(before)
    assert torch.equal(masks[0], masks[1])
    assert not torch.equal(masks[0], masks[2])
    assert not torch.equal(masks[2], dropout(ones, 0.5, training=True))


def test_values_and_rows_are_dropped_independently(way, ones):
    mask = (dropout(ones, 0.5, training=True) == 0).double().flatten(1)
    bound = 5 / mask[0].numel() ** 0.5
    assert (torch.corrcoef(mask) - torch.eye(len(mask))).abs().max() < bound
    for lag in (1, 2, 16, 37):
        assert abs(torch.corrcoef(torch.stack([mask[0, lag:], mask[0, :-lag]]))[0, 1]) < bound


def test_the_layout_in_memory_does_not_matter(way, ones):
    values = torch.arange(1.0, 1 + ones.numel()).view_as(ones).transpose(1, 2).requires_grad_()
    for given in (values, values[:, ::2]):
        dropped = dropout(given, 0.5, training=True)
        assert_close(dropped, torch.where(dropped == 0, 0, 2 * given))
        (grad,) = torch.autograd.grad(dropped.sum(), given)
        assert torch.equal(grad == 0, dropped == 0)


def test_tokens_are_dropped_whole(way, ones):
    embedding_dropout = EmbeddingDropout(0.2, 0.4)
    dropped = embedding_dropout(ones)
    whole = (dropped == 0).all(2)
    assert abs(whole.double().mean() - 0.4) < 5 * (0.24 / whole.numel()) ** 0.5
    rest = (dropped[~whole] == 0).double()
    assert abs(rest.mean() - 0.2) < 5 * (0.16 / rest.numel()) ** 0.5
    kept = dropped[dropped != 0].detach()
    assert_close(kept, torch.full_like(kept, 1 / (0.8 * 0.6)), rtol=0.01, atol=0)
    assert embedding_dropout.eval()(ones) is ones
