"""How well each class, or each of several labels, is found."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import torch
from torchmetrics.functional.classification import (
    multilabel_f1_score,
    multilabel_precision,
    multilabel_recall,
)

from rnn_sentiment.outcome import AnyOf, Outcome


def class_scores(
    predictions: pd.DataFrame, outcome: Outcome, names: Sequence[str]
) -> dict[str, dict[str, float]]:
    """Precision, recall, F1, number of rows and number of answers of every class, by name."""
    right, answered = (
        outcome.members(torch.tensor(predictions[column].to_numpy()))
        for column in ("label", "predicted")
    )
    counts = torch.stack([(right & answered).sum(0), answered.sum(0), right.sum(0)], 1)
    return {
        name: {
            "precision": hits / max(answers, 1),
            "recall": hits / max(rows, 1),
            "f1": 2 * hits / max(answers + rows, 1),
            "rows": rows,
            "answers": answers,
        }
        for name, (hits, answers, rows) in zip(names, counts.tolist(), strict=True)
    }


def averages(predictions: pd.DataFrame, outcome: AnyOf) -> dict[str, dict[str, float]]:
    """Precision, recall and F1 of several labels.

    Returns:
        `micro`, of all decisions alike, and `macro`, the mean over labels.
    """
    right, answered = (
        outcome.targets(torch.tensor(predictions[column].to_numpy()))
        for column in ("label", "predicted")
    )
    kinds = {
        "precision": multilabel_precision,
        "recall": multilabel_recall,
        "f1": multilabel_f1_score,
    }
    return {
        average: {
            name: float(score(answered, right, outcome.num_classes, average=average))
            for name, score in kinds.items()
        }
        for average in ("micro", "macro")
    }
