"""What is read of a text: the named tokens, in order or shuffled, filled or not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn_sentiment.data.reading import Reading, truncate


@pytest.mark.parametrize(
    ("how", "expected"),
    [("head", [0, 1, 2, 3]), ("tail", [6, 7, 8, 9]), ("head_tail", [0, 7, 8, 9])],
)
def test_truncation_keeps_the_part_it_names(how, expected):
    assert truncate(np.arange(10), 4, how).tolist() == expected
    assert truncate(np.arange(4), 4, how).tolist() == [0, 1, 2, 3]


@given(st.integers(1, 60), st.integers(1, 30), st.sampled_from(["head", "tail", "head_tail"]))
def test_truncation_keeps_order_and_fills_the_length(length, max_length, how):
    kept = truncate(np.arange(length), max_length, how)
    assert len(kept) == min(length, max_length)
    assert (np.diff(kept) > 0).all()


def test_a_row_is_filled_to_the_length_with_padding_that_counts():
    row = np.array([5, 6, 7], np.uint16)
    assert Reading(5, "head", masked=False)(row).tolist() == [5, 6, 7, 0, 0]
    assert Reading(5, "head", masked=False, padding="pre")(row).tolist() == [0, 0, 5, 6, 7]
    assert Reading(2, "head", masked=False, padding="pre")(row).tolist() == [5, 6]
    assert Reading(5, "head")(row).tolist() == [5, 6, 7]
    assert Reading(5, "head", masked=False, padding="pre").lengths(np.array([3, 9])).tolist() == [
        5,
        5,
    ]
    assert Reading(5, "head").lengths(np.array([3, 9])).tolist() == [3, 5]


@given(st.integers(1, 60), st.integers(0, 9), st.integers(0, 2**64 - 1))
def test_shuffling_keeps_the_words_that_would_be_read_and_repeats_itself(length, seed, text_hash):
    row = np.arange(length)
    shuffled = Reading(30, "head_tail", shuffle_words=True, seed=seed)
    found = shuffled(row, text_hash)
    assert sorted(found) == Reading(30, "head_tail")(row).tolist()
    assert shuffled(row, text_hash).tolist() == found.tolist()


def test_shuffling_differs_between_texts_and_seeds():
    row = np.arange(30)
    orders = {
        tuple(Reading(30, "head", shuffle_words=True, seed=seed)(row, text_hash).tolist())
        for seed in (1, 2)
        for text_hash in (1, 2)
    }
    assert len(orders) == 4
