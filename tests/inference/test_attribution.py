"""Which words speak for an answer: by deleting them, and by gradients that sum to the answer."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from rnn_sentiment.data.reading import Reading
from rnn_sentiment.data.tokenizer import SubwordTokenizer
from rnn_sentiment.inference.attribution import TOLERANCE, integrated_gradients, occlusion, shared
from rnn_sentiment.inference.predictor import Predictor
from rnn_sentiment.inference.words import read_words
from rnn_sentiment.outcome import AnyOf, OneOf
from tests.inference.networks import LAYERS, TEXT, make_predictor

KINDS: list[dict[str, Any]] = [
    *({"layers": name, "ngrams": ngrams} for name in LAYERS for ngrams in ("none", "naive_bayes")),
    {"ngrams": "hashed"},
    {"outcome": OneOf(3)},
    {"outcome": AnyOf(3)},
    {"outcome": OneOf(3), "temperature": 2.5},
    {"reading": Reading(max_length=12, masked=False, padding="pre")},
    {"reading": Reading(max_length=12, masked=False), "layers": "flatten"},
    {"reading": Reading(max_length=5)},
    {"tokenizer": SubwordTokenizer("bpe", vocabulary_size=300), "reading": Reading(max_length=40)},
    {"numbers": True, "layers": "rnn", "ngrams": "none"},
]


@pytest.fixture(params=KINDS, ids=lambda kind: "-".join([*kind, *map(str, kind.values())])[:60])
def predictor(request: pytest.FixtureRequest) -> Predictor:
    return make_predictor(**request.param)


def odds(predictor: Predictor, text: str, label: int) -> float:
    share = predictor.answer([text]).probabilities[0, label].astype(float)
    return float(np.log(share / (1 - share)))


def test_occlusion_is_what_the_answer_loses_without_the_word(predictor):
    words = read_words(predictor, TEXT)
    label = len(predictor.labels) - 1
    whole = odds(predictor, " ".join(words.names()), label)
    without = [
        odds(predictor, " ".join(n for i, n in enumerate(words.names()) if i != word), label)
        for word in range(len(words))
    ]
    assert occlusion(predictor, words, label) == pytest.approx(whole - np.array(without), abs=1e-4)


def test_gradients_sum_to_what_all_words_make(predictor):
    words = read_words(predictor, TEXT)
    for label in range(len(predictor.labels)):
        found = integrated_gradients(predictor, words, label)
        assert found.words.shape == (len(words),)
        assert abs(found.gap) <= TOLERANCE * max(abs(found.total), 1)
        assert abs(found.words).sum() > 0.01


def test_classes_share_one_axis_where_there_are_two():
    predictor = make_predictor()
    words = read_words(predictor, TEXT)
    assert occlusion(predictor, words, 0) == pytest.approx(-occlusion(predictor, words, 1))
    one, two = (integrated_gradients(predictor, words, label) for label in (0, 1))
    assert one.words == pytest.approx(-two.words, abs=1e-6)
    assert one.total == pytest.approx(-two.total)


def test_a_networks_words_are_told_from_its_ngrams():
    """Where one of the two channels is cut off, all of the sum is the other's."""
    predictor = make_predictor("bag")
    first = next(m for m in predictor.network.encoder.modules() if isinstance(m, nn.Linear))
    words = read_words(predictor, TEXT)
    with torch.no_grad():
        weight = first.weight.clone()
        first.weight[:, 6:] = 0
        assert integrated_gradients(predictor, words, 1).ngrams == 0
        first.weight.copy_(weight)
        first.weight[:, :6] = 0
        found = integrated_gradients(predictor, words, 1)
    assert found.ngrams == pytest.approx(found.words.sum())
    assert abs(found.ngrams) > 0.01


def test_an_ngram_is_divided_among_its_words():
    values = np.array([3.0, 0.0, 6.0, 0.0])
    assert shared(values, np.ones(4, bool), 1).tolist() == values.tolist()
    assert shared(values, np.ones(4, bool), 2).tolist() == [1.5, 1.5, 3.0, 3.0]
    padded = np.array([False, False, True, True])  # padding that an n-gram begins in has no share
    assert shared(values, padded, 3).tolist() == [0.0, 0.0, 6.0, 3.0]


@pytest.mark.parametrize("ngrams", ["hashed", "naive_bayes"])
def test_what_ngrams_of_each_size_add_is_the_channel(ngrams):
    predictor = make_predictor(ngrams=ngrams)
    tokens = torch.from_numpy(read_words(predictor, TEXT).tokens)[None]
    channel: Any = predictor.network.ngrams
    parts = channel.of_sizes(tokens)
    assert len(parts) == len(channel.sizes)
    assert torch.equal(parts.sum(0), channel(tokens))
    if ngrams == "naive_bayes":
        assert (parts[-1, 0, -2:] == 0).all()  # no three words begin at the last two
