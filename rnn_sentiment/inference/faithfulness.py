"""Whether the words said to matter do: what is left of an answer as they are deleted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from rnn_sentiment.inference.predictor import Predictor
from rnn_sentiment.inference.words import Words

POINTS = 20  # at which a long text is answered, beside the whole one
ORDERS = 10  # random ones
RANDOM = "random"


class Faithfulness(NamedTuple):
    """The probability of an answer while words are deleted, the most important ones first.

    Attributes:
        deleted: (K,) shares of the words that are deleted, from 0 to 1.
        curves: (K,) probability for each way to order the words; `random` is a mean.
        areas: under each curve, the mean probability: small where the first words matter most.
    """

    deleted: np.ndarray
    curves: dict[str, np.ndarray]
    areas: dict[str, float]


def measure(
    predictor: Predictor, words: Words, label: int, importance: Mapping[str, np.ndarray]
) -> Faithfulness:
    """Delete words by their importance, and in random orders.

    Source: the deletion curve of Petsiuk et al. (2018), with words for pixels.

    Args:
        predictor: gives the answers.
        words: of the text.
        label: the class whose probability is followed.
        importance: (W,) by the name of what says it.
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
