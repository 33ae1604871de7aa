"""Hashed n-grams: the same phrase gives the same vector, whatever stands around it."""

from __future__ import annotations

import pytest
import torch
from pydantic import ValidationError
from torch.nn import functional as F
from torch.testing import assert_close

from rnn_sentiment.embeddings import HashedNgrams
from rnn_sentiment.outcome import OneOf


def make(sizes: list[int], num_buckets: int = 1 << 20) -> HashedNgrams:
    torch.manual_seed(1)
    return HashedNgrams(outcome=OneOf(2), sizes=sizes, num_buckets=num_buckets, dim=4)


@pytest.mark.parametrize("sizes", [[2], [3], [2, 3, 4]])
def test_extra_padding_and_other_rows_change_nothing(sizes):
    ngrams = make(sizes)
    tokens = torch.randint(1, 1000, (3, 9))
    tokens[1, 4:] = 0
    alone = ngrams(tokens[1:2, :4])
    assert_close(ngrams(tokens)[1, :4], alone[0])
    assert_close(ngrams(F.pad(tokens, (0, 5)))[:, :9], ngrams(tokens))
    assert not ngrams(tokens)[1, 4:].any()


def test_a_phrase_has_one_vector_wherever_it_stands():
    found = make([2])(torch.tensor([[5, 7, 9, 5, 7], [7, 5, 5, 7, 3]]))
    assert_close(found[0, 0], found[0, 3])
    assert_close(found[0, 0], found[1, 2])
    assert not torch.equal(found[0, 0], found[1, 0])  # the other order is another phrase


def test_only_whole_ngrams_count():
    assert not make([3])(torch.tensor([[5, 7]])).any()
    assert not make([2])(torch.tensor([[5]])).any()
    ends = make([2])(torch.tensor([[5, 7, 9]]))
    assert ends[0, :2].any(dim=1).all()
    assert not ends[0, 2].any()


def test_sizes_add_up():
    tokens = torch.randint(1, 1000, (2, 6))
    both = make([2, 3])
    pairs, triples = make([2]), make([3])
    pairs.load_state_dict(both.state_dict())
    triples.load_state_dict(both.state_dict())
    assert_close(both(tokens), pairs(tokens) + triples(tokens))


@pytest.mark.parametrize("num_buckets", [1000, 1024])
def test_hashes_spread_over_all_buckets(num_buckets):
    tokens = torch.arange(1, 30_002)[None]
    rows = make([2], num_buckets).rows(tokens, 2)[0, :-1]
    assert rows.min() >= 1
    assert rows.max() <= num_buckets
    counts = torch.bincount(rows - 1, minlength=num_buckets).float()
    # Of 30,000 drawn evenly, counts have a variance about their mean (a Poisson distribution's).
    assert 0.8 < counts.var() / counts.mean() < 1.25


def test_an_ngram_of_one_word_is_refused():
    with pytest.raises(ValidationError, match="greater than or equal to 2"):
        make([1])
