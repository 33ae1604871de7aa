"""Batches: exact masks, every row once, little padding, an order of (seed, epoch) alone."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st

from rnn_sentiment.data.batches import BucketBatchSampler, pad
from rnn_sentiment.data.tokenizer import PADDING_ID
from rnn_sentiment.errors import UserError
from rnn_sentiment.types import make_mask

lengths = st.lists(st.integers(1, 500), min_size=1, max_size=400).map(np.asarray)
sizes = st.integers(1, 70)


def test_a_padded_batch_holds_its_rows_and_nothing_else():
    rows = [np.array([5, 6, 7], np.uint16), np.array([8], np.uint16)]
    batch = pad(rows, np.array([1, 0]))
    assert batch.tokens.tolist() == [[5, 6, 7], [8, PADDING_ID, PADDING_ID]]
    assert batch.mask.tolist() == [[True, True, True], [True, False, False]]
    assert batch.labels.tolist() == [1, 0]
    assert all(part.dtype == torch.int64 for part in batch)


@given(st.lists(st.integers(1, 30), min_size=1, max_size=9))
def test_a_mask_counts_its_lengths(values):
    mask = make_mask(torch.tensor(values), 30)
    assert mask.sum(1).tolist() == values
    assert (mask.long().diff(dim=1) <= 0).all()  # tokens stand before padding


@given(lengths, sizes, st.booleans(), st.booleans(), st.integers(0, 9), st.integers(0, 9))
def test_every_row_comes_once_in_batches_of_nearly_one_size(
    values, size, shuffle, bucketed, seed, epoch
):
    sampler = BucketBatchSampler(values, size, shuffle, seed, bucketed)
    sampler.set_epoch(epoch)
    batches = list(sampler)
    assert sorted(i for batch in batches for i in batch) == list(range(len(values)))
    assert len(batches) == len(sampler)
    counts = {len(batch) for batch in batches}
    assert max(counts) <= size
    assert max(counts) - min(counts) <= 1


@given(lengths, sizes, st.booleans(), st.integers(1, 4))
def test_batches_by_tokens_share_out_the_tokens(values, size, shuffle, world_size):
    assume(len(values) // -(-len(values) // size) >= world_size)
    sampler = BucketBatchSampler(values, size, shuffle, by_tokens=True, world_size=world_size)
    batches = sampler.batches()
    assert sorted(np.concatenate(batches)) == list(range(len(values)))
    assert len(batches) == len(sampler) == -(-len(values) // size)
    assert min(map(len, batches)) >= world_size
    tokens = [values[batch].sum() for batch in batches]
    many = [n for n, batch in zip(tokens, batches, strict=True) if len(batch) > world_size]
    assert max(many, default=0) <= sum(tokens) / len(tokens) + 500


def test_batches_by_tokens_are_alike_in_steps_where_those_by_rows_are_not():
    values = np.minimum(np.random.default_rng(0).lognormal(5.2, 0.7, 5_000).astype(int) + 1, 3_000)
    spread = {}
    for by_tokens in (False, True):
        sampler = BucketBatchSampler(values, 64, True, 1, by_tokens=by_tokens)
        steps = [len(batch) * values[batch].max() for batch in sampler.batches()]
        spread[by_tokens] = max(steps) / np.mean(steps)
    assert spread[True] < 1.5
    assert spread[False] > 4


@given(lengths, sizes, st.integers(2, 4))
def test_ranks_share_every_batch_without_loss_or_repetition(values, size, world_size):
    whole = list(BucketBatchSampler(values, size, shuffle=True, seed=3))
    assume(min(map(len, whole)) >= world_size)
    shares = [
        list(BucketBatchSampler(values, size, True, 3, rank=rank, world_size=world_size))
        for rank in range(world_size)
    ]
    for batch, *parts in zip(whole, *shares, strict=True):
        assert sorted(batch) == sorted(i for part in parts for i in part)


def test_the_order_depends_on_seed_and_epoch_alone():
    values = np.random.default_rng(0).integers(1, 400, 1000)

    def order(seed: int, epoch: int) -> list[list[int]]:
        sampler = BucketBatchSampler(values, 32, True, seed)
        sampler.set_epoch(epoch)
        return list(sampler)

    assert order(1, 2) == order(1, 2)
    assert len({repr(order(seed, epoch)) for seed in (1, 2) for epoch in (0, 1)}) == 4
    fixed = BucketBatchSampler(values, 32, shuffle=False)
    first = list(fixed)
    fixed.set_epoch(5)
    assert list(fixed) == first


def test_padding_is_about_one_percent_where_lengths_are_imdb_like():
    random = np.random.default_rng(0)
    values = np.minimum(random.lognormal(np.log(178), 0.7, 22_500).astype(int) + 1, 500)
    for shuffle in (True, False):
        steps = sum(len(b) * values[b].max() for b in BucketBatchSampler(values, 64, shuffle, 1))
        assert 1 - values.sum() / steps < 0.02


def test_a_batch_that_is_not_bucketed_has_all_lengths():
    values = np.arange(1, 1001)
    for batch in BucketBatchSampler(values, 50, shuffle=True, seed=1, bucketed=False):
        assert np.ptp(values[batch]) > 500
    for batch in BucketBatchSampler(values, 50, shuffle=True, seed=1):
        assert np.ptp(values[batch]) < 100


@pytest.mark.parametrize("shuffle", [False, True])
def test_a_batch_without_a_row_for_every_process_is_refused(shuffle):
    with pytest.raises(UserError, match="9 texts in batches of 2 are too few for 2 processes"):
        BucketBatchSampler(np.arange(9), 2, shuffle, world_size=2)
    for rank in range(2):
        assert all(BucketBatchSampler(np.arange(9), 3, shuffle, rank=rank, world_size=2))
