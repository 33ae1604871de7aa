"""Precision, recall and F1 of each class or label."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import fmean
from typing import NamedTuple

import numpy as np
import torch

from rnn_sentiment.outcome import AnyOf, Outcome


class ClassScores(NamedTuple):
    """Scores of one class, None where undefined.

    Attributes:
        precision: share of its answers that are right; None if the class is never answered.
        recall: share of its rows that are found; None if the class has no rows.
        f1: harmonic mean of both; None if the class has no rows.
        rows: number of rows of the class.
        answers: number of rows answered with the class.
    """

    precision: float | None
    recall: float | None
    f1: float | None
    rows: int
    answers: int


def class_scores(
    labels: np.ndarray, answers: np.ndarray, outcome: Outcome, names: Sequence[str]
) -> dict[str, ClassScores]:
    """Scores of every class or label, by name.

    Args:
        labels: (N,) int64, the true labels.
        answers: (N,) int64, the predicted labels.
        outcome: how labels are interpreted.
        names: names of the C classes.
    """
    counts = counted(labels, answers, outcome).tolist()
    return {name: of_counts(*row) for name, row in zip(names, counts, strict=True)}


def averages(
    labels: np.ndarray, answers: np.ndarray, outcome: AnyOf
) -> dict[str, dict[str, float | None]]:
    """Averaged precision, recall and F1 of several labels, None where undefined.

    Returns:
        `micro`, over all decisions, and `macro`, the mean over the labels that have rows.
    """
    counts = counted(labels, answers, outcome)
    micro = of_counts(*counts.sum(0).tolist())
    present = [one for row in counts.tolist() if (one := of_counts(*row)).rows]
    keys = ("precision", "recall", "f1")
    return {
        "micro": {key: getattr(micro, key) for key in keys},
        "macro": {key: mean_of_known(getattr(one, key) for one in present) for key in keys},
    }


def counted(labels: np.ndarray, answers: np.ndarray, outcome: Outcome) -> np.ndarray:
    """Correct answers, all answers and rows of each class: `(C, 3)` int64."""
    right, answered = (outcome.members(torch.tensor(each)).numpy() for each in (labels, answers))
    return np.stack([(right & answered).sum(0), answered.sum(0), right.sum(0)], axis=1)


def of_counts(hits: int, answers: int, rows: int) -> ClassScores:
    """Scores of a class from its correct answers, all its answers and its rows."""
    return ClassScores(
        precision=hits / answers if answers else None,
        recall=hits / rows if rows else None,
        f1=2 * hits / (answers + rows) if rows else None,
        rows=rows,
        answers=answers,
    )


def mean_of_known(values: Iterable[float | None]) -> float | None:
    """The mean of the values that are defined; None if there are none."""
    known = [value for value in values if value is not None]
    return fmean(known) if known else None
