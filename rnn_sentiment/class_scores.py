"""How well each class, or each of several labels, is found."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import fmean
from typing import NamedTuple

import numpy as np
import torch

from rnn_sentiment.outcome import AnyOf, Outcome


class ClassScores(NamedTuple):
    """Scores of a class, None where there is nothing to count.

    Attributes:
        precision: right answers a given answer; None of a class that is never the answer.
        recall: right answers a row; None of a class without a row.
        f1: of both; None of a class without a row.
        rows: of the class.
        answers: that name it.
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
        labels: (N,) int64, the right ones.
        answers: (N,) int64.
        outcome: what is said of a text.
        names: of the C classes.
    """
    counts = counted(labels, answers, outcome).tolist()
    return {name: of_counts(*row) for name, row in zip(names, counts, strict=True)}


def averages(
    labels: np.ndarray, answers: np.ndarray, outcome: AnyOf
) -> dict[str, dict[str, float | None]]:
    """Precision, recall and F1 of several labels, None where undefined.

    Returns:
        `micro`, of all decisions alike, and `macro`, the mean over the labels that a row has.
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
    """Right answers, answers and rows of each class: `(C, 3)` int64."""
    right, answered = (outcome.members(torch.tensor(each)).numpy() for each in (labels, answers))
    return np.stack([(right & answered).sum(0), answered.sum(0), right.sum(0)], axis=1)


def of_counts(hits: int, answers: int, rows: int) -> ClassScores:
    """Scores of a class from its right answers, all its answers and its rows."""
    return ClassScores(
        precision=hits / answers if answers else None,
        recall=hits / rows if rows else None,
        f1=2 * hits / (answers + rows) if rows else None,
        rows=rows,
        answers=answers,
    )


def mean_of_known(values: Iterable[float | None]) -> float | None:
    """The mean of what is defined; None if nothing is."""
    known = [value for value in values if value is not None]
    return fmean(known) if known else None
