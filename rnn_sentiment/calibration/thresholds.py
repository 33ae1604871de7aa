"""Choose the probability from which label 1 is the answer."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from rnn_sentiment.errors import UserError


class Curve(NamedTuple):
    """Precision and recall `(K,)` of label 1 at each distinct probability `(K,)`, descending."""

    probability: np.ndarray
    precision: np.ndarray
    recall: np.ndarray


def curve(probability: np.ndarray, labels: np.ndarray) -> Curve:
    """Precision and recall of answering 1 at and above each probability.

    Args:
        probability: (N,), of label 1.
        labels: (N,), 0 or 1.

    Raises:
        UserError: no row has label 1.
    """
    if not labels.any():
        raise UserError("the validation part has no row of label 1, so no threshold can be chosen")
    order = np.argsort(-probability, kind="stable")
    values, hits = probability[order], np.cumsum(labels[order] == 1)
    last = np.append(values[1:] != values[:-1], True)  # equal probabilities get the same answer
    answered = np.arange(1, len(values) + 1)[last]
    return Curve(values[last], hits[last] / answered, hits[last] / hits[-1])


def for_f1(probability: np.ndarray, labels: np.ndarray) -> float:
    """The threshold with the best F1 of label 1; see `curve`."""
    found = curve(probability, labels)
    total = found.precision + found.recall
    f1 = 2 * found.precision * found.recall / np.where(total > 0, total, 1)
    return float(found.probability[f1.argmax()])


def for_precision(probability: np.ndarray, labels: np.ndarray, least: float) -> float:
    """The lowest threshold with a precision of at least `least` for label 1; see `curve`.

    Raises:
        UserError: no threshold reaches it.
    """
    found = curve(probability, labels)
    reached = np.flatnonzero(found.precision >= least)
    if not len(reached):
        raise UserError(
            f"precision={least}: no threshold reaches it on the validation part; the best is "
            f"{found.precision.max():.4f}"
        )
    return float(found.probability[reached[-1]])
