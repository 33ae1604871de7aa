"""Streams hold all texts once, cut anywhere; windows of them follow one another."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from rnn_sentiment.data.rows import TokenSplit
from rnn_sentiment.errors import UserError
from rnn_sentiment.pretraining.streams import BOUNDARY_ID, InOrder, Texts, Windows

ROWS = [[5, 6, 7], [8], [9, 10], [11, 12, 13, 14], [2, 3]]


def split_of(rows: list[list[int]]) -> TokenSplit:
    offsets = np.r_[0, np.cumsum([len(row) for row in rows])]
    nothing = np.zeros(len(rows), np.uint64)
    return TokenSplit(nothing, nothing, np.concatenate(rows), offsets, nothing)


@pytest.fixture
def texts() -> Texts:
    parts = [(split_of(ROWS[:3]), np.arange(3)), (split_of(ROWS[3:]), np.arange(2))]
    return Texts(parts, backward=False)


def test_a_stream_is_the_texts_with_boundaries_wherever_it_is_cut(texts):
    whole = [token for row in ROWS for token in [*row, BOUNDARY_ID]]
    stream = texts.ordered(None)
    for start in range(len(whole)):
        for stop in range(start + 1, len(whole) + 1):
            assert stream[start:stop].tolist() == whole[start:stop]
    assert texts.num_tokens == len(whole)


def test_backward_is_forward_over_reversed_texts():
    backward = Texts([(split_of(ROWS), np.arange(5))], backward=True)
    reversed_rows = Texts([(split_of([row[::-1] for row in ROWS]), np.arange(5))], backward=False)
    for seed in (None, (3, 1)):
        size = backward.num_tokens
        assert np.array_equal(backward.ordered(seed)[0:size], reversed_rows.ordered(seed)[0:size])


def test_the_order_of_texts_is_of_seed_and_epoch_and_loses_none(texts):
    orders = [tuple(texts.ordered((1, epoch)).order) for epoch in range(20)]
    assert len(set(orders)) > 10
    assert all(sorted(order) == list(range(5)) for order in orders)
    assert tuple(texts.ordered((1, 0)).order) == orders[0]


def test_windows_follow_one_another_in_every_stream(texts):
    windows = Windows(texts, num_streams=2, num_steps=3, seed=None)
    sampler = InOrder(windows)
    read = [windows[index] for index in sampler]
    tokens = torch.cat([window.tokens for window in read], dim=1)
    targets = torch.cat([window.targets for window in read], dim=1)
    whole = texts.ordered(None)[0 : texts.num_tokens]
    half = texts.num_tokens // 2
    assert len(read) == len(sampler)
    for number in range(2):
        stream = whole[number * half : (number + 1) * half]
        assert tokens[number].tolist() == stream[:-1].tolist()
        assert targets[number].tolist() == stream[1:].tolist()


def test_processes_share_the_streams(texts):
    def rows(**of: int) -> list[list[int]]:
        windows = Windows(texts, num_streams=4, num_steps=3, seed=1, **of)
        return windows[0, 0].tokens.tolist()

    first, second = (rows(rank=rank, world_size=2) for rank in range(2))
    assert [first[0], second[0], first[1], second[1]] == rows()


def test_counts_are_of_all_tokens(texts):
    counts = texts.counts(20)
    assert counts.sum() == texts.num_tokens
    assert counts[BOUNDARY_ID] == 5
    assert counts[[4, 5, 14]].tolist() == [0, 1, 1]


def test_too_many_streams_are_refused(texts):
    with pytest.raises(UserError, match=r"data\.batch_size=15 streams"):
        Windows(texts, num_streams=15, num_steps=3, seed=None)


def test_texts_are_read_where_they_lie(tmp_path: Path):
    np.save(tmp_path / "tokens.npy", np.arange(6, dtype=np.uint16))
    tokens = np.load(tmp_path / "tokens.npy", mmap_mode="r")
    split = TokenSplit(np.zeros(2), np.zeros(2), tokens, np.array([0, 2, 6]), np.zeros(2))
    assert np.shares_memory(Texts([(split, np.arange(2))], backward=True)[1], tokens)
