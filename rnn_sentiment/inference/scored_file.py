"""Scores on a labelled file of your own that the model was not trained on."""

from __future__ import annotations

from collections.abc import Iterator
from math import isnan
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from rnn_sentiment.bars import Bar
from rnn_sentiment.class_scores import ClassScores, averages, class_scores, mean_of_known
from rnn_sentiment.data.sources.finding import SUFFIXES, Input, is_table
from rnn_sentiment.data.sources.form import Form
from rnn_sentiment.data.sources.formats import read_rows
from rnn_sentiment.data.sources.labelling import WHOLE, names_of
from rnn_sentiment.errors import Refuse, UserError
from rnn_sentiment.inference.inputs import Given, windows
from rnn_sentiment.inference.predictor import Predictor
from rnn_sentiment.judgement import DEFAULT_YARDSTICK, Yardstick
from rnn_sentiment.metrics import as_scores, make_metrics
from rnn_sentiment.outcome import AnyOf, OneOf, Outcome

LEAST = 1e-7  # lower bound of the right class's probability in the loss


class FileScores(NamedTuple):
    """Scores of a file, None where undefined, and those of each class by name."""

    rows: int
    scores: dict[str, float | None]
    classes: dict[str, ClassScores]


def score_file(predictor: Predictor, file: Path, form: Form, refuse: Refuse) -> FileScores:
    """Classify the texts of a table, and compare the answers with its labels.

    Args:
        predictor: the predictor of a run or bundle.
        file: a file in CSV, TSV, JSON, parquet or fastText's format.
        form: how it is written, and which columns have texts and labels: a class by its name or its
            number from 0, or several labels as `read_rows` understands them.
        refuse: called for each bad row, which is then skipped.

    Raises:
        UserError: it is not a table, or none of its rows can be read.
    """
    if not is_table(file) or not file.is_file():
        raise UserError(
            f"file={file} is neither one of {', '.join(SUFFIXES)} nor a file in fastText's format"
        )
    labels: list[int] = []
    answers, probabilities = [], []
    texts = labelled(predictor, file, form, refuse, labels)
    with Bar(desc="Scoring", unit=" texts") as progress:
        for window in windows(texts):
            found = predictor.answer([one.text for one in window])
            answers.append(found.labels)
            probabilities.append(found.probabilities)
            progress.update(len(window))
    if not labels:
        raise UserError(f"{file} has no row that can be scored")
    return scores_of(
        np.concatenate(probabilities), np.concatenate(answers), np.array(labels),
        predictor.outcome, predictor.labels, predictor.yardstick,
    )  # fmt: skip


def labelled(
    predictor: Predictor, file: Path, form: Form, refuse: Refuse, labels: list[int]
) -> Iterator[Given]:
    """Yield the texts of a table; the label of each is appended to `labels` as it is read."""
    source, label_column = Input(file), form.label_column
    numbers = {name: number for number, name in enumerate(predictor.labels)}
    if not any(WHOLE.fullmatch(f"{name}.") for name in numbers):  # 0 does not mean 1 star
        numbers |= {str(number): number for number in range(len(numbers))}
    several = isinstance(predictor.outcome, AnyOf)
    for number, text, label in read_rows(source, form.text_column, label_column, refuse, form):
        place = source.at(number)
        try:
            own = names_of(place, label_column, label, several)
        except UserError as error:
            refuse(error)
            continue
        if unknown := [name for name in own if name not in numbers]:
            refuse(
                UserError(
                    f"{place}: {label_column} is {unknown[0]!r:.80}, not one of the classes "
                    f"{', '.join(predictor.labels)}"
                )
            )
            continue
        found = {numbers[name] for name in own}
        labels.append(sum(1 << one for one in found) if several else found.pop())
        yield Given(len(labels) - 1, text)


def scores_of(
    probabilities: np.ndarray, answers: np.ndarray, labels: np.ndarray, outcome: Outcome,
    names: tuple[str, ...], yardstick: Yardstick = DEFAULT_YARDSTICK,
) -> FileScores:  # fmt: skip
    """Score answers.

    Args:
        probabilities: (N, C) probability of every class.
        answers: (N,) int64, which a threshold may have decided.
        labels: (N,) int64, the true labels.
        outcome: how labels are interpreted.
        names: names of the C classes.
        yardstick: what the scores depend on.
    """
    targets = torch.from_numpy(labels)
    classes = class_scores(labels, answers, outcome, names)
    two = outcome == OneOf(2)
    macro_f1 = mean_of_known(found.f1 for found in classes.values())
    shares = torch.from_numpy(probabilities[:, 1] if two else probabilities)
    given = shares, outcome.targets(targets)
    metrics = make_metrics(outcome, yardstick)
    auroc = float(metrics["auroc"](*given))
    if isinstance(outcome, AnyOf):
        f1 = {"micro_f1": averages(labels, answers, outcome)["micro"]["f1"]}
        of_right = np.where(outcome.members(targets), probabilities, 1 - probabilities)
    else:
        f1 = {"f1": classes[names[yardstick.positive]].f1 if two else macro_f1}
        of_right = probabilities[np.arange(len(labels)), labels]
    scores: dict[str, float | None] = {
        "accuracy": float((answers == labels).mean()),
        **f1,
        "macro_f1": macro_f1,
        "auroc": None if isnan(auroc) else auroc,
        "calibration_error": float(metrics["calibration_error"](*given)),
        "loss": float(-np.log(of_right.clip(LEAST)).mean()),
    }
    if yardstick.places is not None:
        answered_alone = torch.from_numpy(answers if two else np.eye(len(names))[answers])
        for name in ("mean_absolute_error", "quadratic_kappa"):
            scores |= as_scores({name: metrics[name](answered_alone, targets)})
    return FileScores(len(labels), scores, classes)
