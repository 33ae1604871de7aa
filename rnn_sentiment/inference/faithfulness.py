"""Faithfulness: whether deleting the important words changes the answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from rnn_sentiment.inference.predictor import Predictor
from rnn_sentiment.inference.words import Words

POINTS = 20  # points at which a long text is scored, beside the whole text
ORDERS = 10  # random orders
RANDOM = "random"


class Faithfulness(NamedTuple):
    """The probability of an answer while words are deleted, the most important ones first.

    Attributes:
        deleted: (K,) shares of deleted words, from 0 to 1.
        curves: (K,) probabilities for each order of the words; `random` is a mean.
        areas: area under each curve, the mean probability: small if the first words matter most.
    """

    deleted: np.ndarray
    curves: dict[str, np.ndarray]
    areas: dict[str, float]


def measure(
    predictor: Predictor, words: Words, label: int, importance: Mapping[str, np.ndarray]
) -> Faithfulness:
    """Delete words in order of importance, and in random orders.

    Source: the deletion curve of Petsiuk et al. (2018), with words in place of pixels.

    Args:
        predictor: gives the answers.
        words: the words of the text.
        label: the class whose probability is tracked.
        importance: (W,) importance of each word, by method.
    """
    random = np.random.default_rng(0)
    orders = [np.argsort(-values, kind="stable") for values in importance.values()]
    orders += [random.permutation(len(words)) for _ in range(ORDERS)]
    counts = np.unique(np.linspace(0, len(words), POINTS + 1).round().astype(int))
    ranks = np.argsort(orders, axis=1)  # (O, W)
    deleted = ranks[:, None, :] < counts[None, :, None]  # (O, K, W)
    rows = words.without(deleted.reshape(-1, len(words)))
    logits = predictor.logits([predictor.read(row) for row in rows])
    odds = predictor.outcome.log_odds(logits, label)
    found = odds.sigmoid().double().numpy().reshape(len(orders), -1)
    curves = dict(zip(importance, found, strict=False))
    curves[RANDOM] = found[len(importance) :].mean(0)
    shares = counts / len(words)
    areas = {name: float(np.trapezoid(curve, shares)) for name, curve in curves.items()}
    return Faithfulness(shares, curves, areas)
