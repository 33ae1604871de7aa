"""Classify texts window by window, as the command `predict` does."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Literal

import numpy as np
from tqdm import tqdm

from rnn_sentiment.bars import Bar
from rnn_sentiment.data.sources.form import USUAL, Form
from rnn_sentiment.data.sources.text import without_surrogates
from rnn_sentiment.errors import UserError, stop
from rnn_sentiment.inference.inputs import Given, Rows, windows
from rnn_sentiment.inference.outputs import writing
from rnn_sentiment.inference.predictor import Answers, Predictor
from rnn_sentiment.outcome import AnyOf

MOST_NAMED = 20  # bad rows that are named individually
Answered = tuple[list[Given], Answers]  # a window of texts, and their answers


class BadRows:
    """Handles bad rows, and names each skipped row on standard error.

    Args:
        choice: `stop` ends at the first bad row, `skip` continues.
    """

    def __init__(self, choice: Literal["stop", "skip"]) -> None:
        self.refuse = stop if choice == "stop" else self.skip
        self.count = 0

    def skip(self, error: UserError) -> None:
        """Name a skipped row, unless too many were named already."""
        self.count += 1
        if self.count <= MOST_NAMED:
            tqdm.write(f"skipped: {error}", file=sys.stderr)

    def print_count(self) -> None:
        """Print how many rows were skipped."""
        if self.count:
            were = "bad row was" if self.count == 1 else "bad rows were"
            print(f"{self.count:,} {were} skipped", file=sys.stderr)


def answered(predictor: Predictor, given: Iterable[Given]) -> Iterator[Answered]:
    """Answer texts in windows, with a progress bar.

    At the end, report how many texts were too long to be read completely.
    """
    truncated = total = 0
    with Bar(desc="Classifying", unit=" texts") as progress:
        for window in windows(given):
            answers = predictor.answer([one.text for one in window])
            progress.update(len(window))
            truncated += int(answers.truncated.sum())
            total += len(window)
            yield window, answers
    if truncated:
        reading = predictor.reading
        print(
            f"{truncated:,} of {total:,} texts have more than the {reading.max_length:,} tokens "
            f"that are read ({reading.truncation})",
            file=sys.stderr,
        )


def write_answers(predictor: Predictor, given: Iterable[Given], file: Path) -> int:
    """Write a row for each text: row number, text, label or labels, and all probabilities.

    Returns:
        The number of rows written.

    Raises:
        UserError: the file's suffix is unknown, or a row is bad.
        MachineError: it cannot be written.
    """
    answer = "labels" if isinstance(predictor.outcome, AnyOf) else "label"
    columns = ["row", "text", answer, *(f"probability_{name}" for name in predictor.labels)]
    calibration = predictor.calibration
    if calibration is not None and calibration.sets is not None:
        columns.append("set")
    total = 0
    with writing(file, columns) as write:
        for window, answers in answered(predictor, given):
            write(
                [dict(zip(columns, row, strict=True)) for row in rows(predictor, window, answers)]
            )
            total += len(window)
    return total


def rows(predictor: Predictor, window: list[Given], answers: Answers) -> Iterator[list[Any]]:
    """Yield the values of the columns for each text."""
    names = predictor.labels
    sets = predictor.sets(answers.probabilities)
    for number, (one, label) in enumerate(zip(window, answers.labels, strict=True)):
        shares = np.round(answers.probabilities[number].astype(float), 6).tolist()
        own = predictor.names(label)
        answer = own if isinstance(predictor.outcome, AnyOf) else own[0]
        row = [one.row, without_surrogates(one.text), answer, *shares]
        if sets is not None:
            row.append([name for name, inside in zip(names, sets[number], strict=True) if inside])
        yield row


def rows_of(
    texts: list[str], file: Path | None, bad_rows: BadRows, form: Form = USUAL
) -> Iterator[Given]:
    """Read texts from the command line, a file or standard input, whichever is given.

    Raises:
        UserError: there are none, or they cannot be read.
    """
    reading, found = Rows(bad_rows.refuse), False
    if texts:
        given = reading.of_texts(texts)
    elif file is not None:
        given = reading.of_file(file, form)
    else:
        given = reading.of_stream(sys.stdin)
    for one in given:
        found = True
        yield one
    if not found:
        raise UserError(f"there is no text to classify in {file or 'standard input'}")
