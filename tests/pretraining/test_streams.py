"""Streams hold every text once; a text's windows follow one another, and it begins in its own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn_sentiment.data.rows import TokenSplit
from rnn_sentiment.errors import UserError
from rnn_sentiment.pretraining.streams import END_ID, InOrder, Texts, Windows

ROWS = [[5, 6, 7], [8], [9, 10], [], [11, 12, 13, 14], [2, 3]]
REAL = sorted(row for row in ROWS if row)


def split_of(rows: list[list[int]]) -> TokenSplit:
    offsets = np.r_[0, np.cumsum([len(row) for row in rows])].astype(np.int64)
    nothing = np.zeros(len(rows), np.uint64)
    tokens = np.array([token for row in rows for token in row], np.uint16)
    return TokenSplit(nothing, nothing, tokens, offsets, nothing)


def texts_of(rows: list[list[int]], backward: bool = False) -> Texts:
    return Texts([(split_of(rows), np.arange(len(rows)))], backward)


@pytest.fixture
def texts() -> Texts:
    parts = [(split_of(ROWS[:3]), np.arange(3)), (split_of(ROWS[3:]), np.arange(3))]
    return Texts(parts, backward=False)


def read(windows: Windows, epoch: int = 0) -> list[list[int]]:
    """All texts, put together from their windows."""
    found: list[list[int]] = []
    open_texts: dict[int, list[int]] = {}
    following: list[int] = []  # what the window before says that comes next
    sampler = InOrder(windows)
    sampler.set_epoch(epoch)
    for tokens, targets, lengths, begins in map(windows.__getitem__, sampler):
        for row, length in enumerate(lengths.tolist()):
            assert (tokens[row, length:] == END_ID).all()
            if not length:
                continue
            if begins[row]:
                open_texts[row] = []
                found.append(open_texts[row])
            else:
                assert tokens[row, 0] == following[row]
            open_texts[row].extend(tokens[row, :length].tolist())
            assert targets[row, : length - 1].tolist() == tokens[row, 1:length].tolist()
        following = [int(row[max(0, n - 1)]) for row, n in zip(targets, lengths, strict=True)]
    return found


@given(
    rows=st.lists(st.lists(st.integers(2, 900), min_size=1, max_size=40), min_size=1, max_size=20),
    num_streams=st.integers(1, 4),
    num_steps=st.integers(1, 12),
)
def test_every_text_is_read_once_and_whole(rows, num_streams, num_steps):
    texts = texts_of(rows)
    if texts.num_windows(num_steps).sum() >= num_streams:
        windows = Windows(texts, num_streams, num_steps, seed=None)
        assert sorted(read(windows)) == sorted(rows)
        last = windows[0, windows.places[-1]]
        assert last.lengths.any()


def test_a_text_ends_with_its_end(texts):
    windows = Windows(texts, num_streams=1, num_steps=3, seed=None)
    ends = [w.targets[0, w.lengths[0] - 1] for w in map(windows.__getitem__, InOrder(windows))]
    assert ends.count(END_ID) == len(REAL)


def test_epochs_are_equally_long_and_nearly_whole():
    draw = np.random.default_rng(0)
    rows = [draw.integers(2, 900, draw.integers(1, 60)).tolist() for _ in range(200)]
    windows = Windows(texts_of(rows), num_streams=7, num_steps=5, seed=1)
    for epoch in range(3):
        tokens = sum(map(len, read(windows, epoch)))
        assert tokens > 0.99 * sum(map(len, rows))
    sparse = [(windows[2, place].lengths == 0).sum() for place in windows.places]
    assert sum(sparse) <= 7


def test_backward_is_forward_over_reversed_texts():
    backward = Windows(texts_of(ROWS, backward=True), 2, 3, seed=4)
    forward = Windows(texts_of([row[::-1] for row in ROWS]), 2, 3, seed=4)
    assert read(backward) == read(forward)


def test_the_order_of_texts_is_of_seed_and_epoch(texts):
    windows = Windows(texts, num_streams=1, num_steps=8, seed=1)
    orders = [tuple(map(tuple, read(windows, epoch))) for epoch in range(20)]
    assert len(set(orders)) > 5
    assert all(sorted(map(list, order)) == REAL for order in orders)
    again = Windows(texts, num_streams=1, num_steps=8, seed=1)
    assert tuple(map(tuple, read(again, 3))) == orders[3]


def test_processes_share_the_streams(texts):
    def rows(**of: int) -> list[list[int]]:
        window = Windows(texts, num_streams=4, num_steps=3, seed=1, **of)[0, 0]
        return [row[:n].tolist() for row, n in zip(window.tokens, window.lengths, strict=True)]

    first, second = (rows(rank=rank, world_size=2) for rank in range(2))
    assert [first[0], second[0], first[1], second[1]] == rows()


def test_counts_are_of_all_tokens(texts):
    counts = texts.counts(20)
    assert counts.sum() == sum(map(len, ROWS)) + len(REAL)
    assert counts[END_ID] == len(REAL)
    assert counts[[4, 5, 14]].tolist() == [0, 1, 1]


def test_too_many_streams_are_refused(texts):
    with pytest.raises(UserError, match=r"data\.batch_size=15 streams"):
        Windows(texts, num_streams=15, num_steps=3, seed=None)


def test_a_process_without_a_stream_is_refused(texts):
    with pytest.raises(UserError, match="1 streams, too few for 2 processes"):
        Windows(texts, num_streams=1, num_steps=3, seed=1, rank=0, world_size=2)


def test_texts_are_read_where_they_lie(tmp_path: Path):
    np.save(tmp_path / "tokens.npy", np.arange(6, dtype=np.uint16))
    tokens = np.load(tmp_path / "tokens.npy", mmap_mode="r")
    split = TokenSplit(np.zeros(2), np.zeros(2), tokens, np.array([0, 2, 6]), np.zeros(2))
    assert np.shares_memory(Texts([(split, np.arange(2))], backward=True)[1], tokens)
