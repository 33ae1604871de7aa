"""Scores on a labelled file of one's own, which the model was not trained with."""

from __future__ import annotations

from collections.abc import Iterator
from math import isnan
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from tqdm import tqdm

from rnn_sentiment.data.sources.finding import SUFFIXES, Input, is_table
from rnn_sentiment.data.sources.formats import read_rows
from rnn_sentiment.data.sources.layout import SEEN, Layout
from rnn_sentiment.errors import Refuse, UserError
from rnn_sentiment.inference.inputs import Given, windows
from rnn_sentiment.inference.predictor import Predictor
from rnn_sentiment.metrics import make_metrics

LEAST = 1e-7  # probability of the right class, below which the loss counts no more


class ClassScores(NamedTuple):
    """Precision, recall and F1 of a class, how many rows it has, and how many answers it got."""

    precision: float
    recall: float
    f1: float
    rows: int
    answers: int


class FileScores(NamedTuple):
    """Scores of a file: as of a test part, None where undefined, and of each class by name."""

    rows: int
    scores: dict[str, float | None]
    classes: dict[str, ClassScores]


def score_file(
    predictor: Predictor, file: Path, text_column: str, label_column: str, refuse: Refuse,
    layout: Layout = SEEN,
) -> FileScores:  # fmt: skip
    """Answer the texts of a table, and compare with its labels.

    Args:
        predictor: of a run or bundle.
        file: CSV, TSV, JSON, parquet or fastText's format.
        text_column: where the text is.
        label_column: where the class is, by its name or its number from 0.
        refuse: is called for each bad row, which is then passed over.
        layout: what is known of how it is written.

    Raises:
        UserError: it is no table, or no row of it can be read.
    """
    if not is_table(file) or not file.is_file():
        raise UserError(
            f"file={file} is no file of the kinds {', '.join(SUFFIXES)}, and none in fastText's "
            "format"
        )
    labels: list[int] = []
    answers, probabilities = [], []
    texts = labelled(predictor, file, text_column, label_column, refuse, labels, layout)
    with tqdm(desc="Scoring", unit=" texts", disable=None, leave=False) as progress:
        for window in windows(texts):
            found = predictor.answer([one.text for one in window])
            answers.append(found.labels)
            probabilities.append(found.probabilities)
            progress.update(len(window))
    if not labels:
        raise UserError(f"{file} has no row that can be scored")
    return scores_of(
        np.concatenate(probabilities), np.concatenate(answers), np.array(labels), predictor.labels
    )


def labelled(
    predictor: Predictor, file: Path, text_column: str, label_column: str, refuse: Refuse,
    labels: list[int], layout: Layout = SEEN,
) -> Iterator[Given]:  # fmt: skip
    """The texts of a table; the label of each is added to `labels` as it is read."""
    source = Input(file)
    numbers = {str(number): number for number in range(len(predictor.labels))}
    numbers |= {name: number for number, name in enumerate(predictor.labels)}
    for number, text, label in read_rows(source, text_column, label_column, refuse, layout):
        if label not in numbers:
            refuse(
                UserError(
                    f"{source.at(number)}: {label_column} is {label!r:.80}, none of the classes "
                    f"{', '.join(predictor.labels)}"
                )
            )
            continue
        labels.append(numbers[label])
        yield Given(len(labels) - 1, text)


def scores_of(
    probabilities: np.ndarray, answers: np.ndarray, labels: np.ndarray, names: tuple[str, ...]
) -> FileScores:
    """Score answers.

    Args:
        probabilities: (N, C) of every class.
        answers: (N,) int64, which a threshold may have decided.
        labels: (N,) int64, the right ones.
        names: of the C classes.
    """
    support = np.bincount(labels, minlength=len(names))
    hits = np.bincount(labels[answers == labels], minlength=len(names))
    answered = np.bincount(answers, minlength=len(names))
    classes = {
        name: ClassScores(
            hits[i] / max(answered[i], 1), hits[i] / max(support[i], 1),
            2 * hits[i] / max(answered[i] + support[i], 1), int(support[i]),
            int(answered[i]),
        )
        for i, name in enumerate(names)
    }  # fmt: skip
    two = len(names) == 2
    macro_f1 = float(np.mean([c.f1 for c in classes.values()]))
    given = torch.from_numpy(probabilities[:, 1] if two else probabilities)
    metrics = make_metrics(len(names))
    auroc = float(metrics["auroc"](given, torch.from_numpy(labels)))
    scores: dict[str, float | None] = {
        "accuracy": float((answers == labels).mean()),
        "f1": classes[names[1]].f1 if two else macro_f1,
        "macro_f1": macro_f1,
        "auroc": None if isnan(auroc) else auroc,
        "calibration_error": float(metrics["calibration_error"](given, torch.from_numpy(labels))),
        "loss": float(-np.log(probabilities[np.arange(len(labels)), labels].clip(LEAST)).mean()),
    }
    return FileScores(len(labels), scores, classes)
