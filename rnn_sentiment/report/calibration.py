"""Calibration: whether predicted probabilities match the share of right answers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from rnn_sentiment.calibration.checks import by_class_and_length
from rnn_sentiment.outcome import OneOf
from rnn_sentiment.report.predictions import confidence, label_probabilities, probability_columns
from rnn_sentiment.report.schema import Group

NUM_BINS = 15  # Guo and others (2017), arXiv:1706.04599


def calibration_error(sure: np.ndarray, right: np.ndarray) -> float:
    """Expected calibration error of probabilities `(N,)` that something is `right`, `(N,)` bool.

    The mean gap between probability and share of right ones, over bins of equal width, weighted
    by their size.
    """
    bins = np.minimum((sure * NUM_BINS).astype(int), NUM_BINS - 1)
    gaps = np.bincount(bins, sure - right, minlength=NUM_BINS)
    return float(np.abs(gaps).sum() / len(sure))


def of_answers(predictions: pd.DataFrame) -> float | None:
    """Expected calibration error of the answers, as Guo defines it; None without probabilities."""
    if not probability_columns(predictions):
        return None
    return calibration_error(confidence(predictions), predictions["correct"].to_numpy(float))


def of_each_class(predictions: pd.DataFrame) -> list[float]:
    """The calibration error of each class's own probability; empty without probabilities.

    With two classes, both have the error of label 1.
    """
    columns = probability_columns(predictions)
    labels = predictions["label"].to_numpy()
    classes = range(len(columns)) if len(columns) > 1 else (1,)
    errors = [
        calibration_error(predictions[column].to_numpy(float), (labels == label).astype(float))
        for column, label in zip(columns, classes, strict=False)
    ]
    return errors if len(columns) > 1 else 2 * errors


def of_classes(predictions: pd.DataFrame) -> float | None:
    """Mean over classes of the calibration error of a class's own probability (Kull, 2019)."""
    errors = of_each_class(predictions)
    return float(np.mean(errors)) if errors else None


def of_labels(predictions: pd.DataFrame) -> float | None:
    """Mean calibration error of the probabilities of each of several labels."""
    shares = label_probabilities(predictions)
    if not shares.size:
        return None
    members = predictions["label"].to_numpy()[:, None] >> np.arange(shares.shape[1]) & 1
    errors = map(calibration_error, shares.T, members.T)
    return float(np.mean(list(errors)))


def by_group(predictions: pd.DataFrame, names: Sequence[str]) -> list[Group]:
    """Confidence and accuracy for all texts, for each class, and for fifths by length.

    Args:
        predictions: the predictions of a run.
        names: names of the classes by label; if empty, the labels' numbers.

    Returns:
        The groups; an empty list without probabilities.
    """
    if not (columns := probability_columns(predictions)):
        return []
    values = predictions[columns].to_numpy(float)
    if len(columns) == 1:
        values = np.hstack([1 - values, values])
    found = by_class_and_length(
        None, values, predictions["label"].to_numpy(), predictions["length"].to_numpy(),
        OneOf(values.shape[1]), names or [str(label) for label in range(values.shape[1])],
    )  # fmt: skip
    return [Group.model_validate(group) for group in found]
