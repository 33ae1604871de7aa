"""Classify texts: `python -m rnn_sentiment.predict run=FOLDER "text" ... | file=FILE | < FILE`."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rnn_sentiment.commands import Parser, one_line_errors
from rnn_sentiment.errors import UserError
from rnn_sentiment.storage import printable

if TYPE_CHECKING:
    from rnn_sentiment.inference import Predictor
    from rnn_sentiment.inference.classify import Answered

SHOWN = 80  # characters of a text shown per line in a terminal


def make_parser() -> Parser:
    """The argument parser of the command."""
    parser = Parser(
        "predict",
        "Classify texts; print a line with label, probability and text for each, or write a file.",
        [
            'predict run=runs/... "A quiet, honest film."',
            "predict run=runs/... file=reviews.txt",
            "predict run=runs/... < reviews.txt",
            "predict run=runs/... file=reviews.csv text_column=review out=answers.csv",
        ],
    )
    parser.add_run_argument()
    parser.add_argument(
        "--file", type=Path, metavar="FILE",
        help="texts to classify: one per line, or a table (.csv, .tsv, .jsonl, .json or .parquet)",
    )  # fmt: skip
    parser.add_table_arguments()
    parser.add_argument(
        "--out", type=Path, metavar="FILE",
        help="write a table with all probabilities to this .csv, .tsv, .jsonl or .parquet file",
    )  # fmt: skip
    parser.add_argument(
        "texts", nargs="*", metavar="TEXT", help="default: the lines of standard input"
    )
    return parser


def run(arguments: Sequence[str] | None = None) -> None:
    """Print a line with label, probability and text for each text, in order, or write a file."""
    given = make_parser().parse(arguments)
    if given.texts and given.file is not None:
        raise UserError("give texts or file=FILE, not both")
    texts = [os.fsencode(text).decode(errors="replace") for text in given.texts]

    from rnn_sentiment.data.sources.form import said_form
    from rnn_sentiment.inference import Predictor, classify
    from rnn_sentiment.inference.file_form import form_of_file
    from rnn_sentiment.inference.inputs import check_input
    from rnn_sentiment.inference.outputs import check_output

    said_form(given)  # rejects invalid settings before the model is loaded, which takes seconds
    if given.file is not None:
        check_input(given.file)
    if given.out is not None:
        check_output(given.out)
    predictor = Predictor.load(given.run)
    bad_rows = classify.BadRows(given.bad_rows)
    form = form_of_file(given, predictor.form)
    rows = classify.rows_of(texts, given.file, bad_rows, form)
    if given.out is not None:
        total = classify.write_answers(predictor, rows, given.out)
        print(f"{total:,} answers in {given.out}")
    else:
        print_answers(predictor, classify.answered(predictor, rows))
    bad_rows.print_count()


def print_answers(predictor: Predictor, answered: Iterable[Answered]) -> None:
    """Print label, probability and text, shortened in a terminal.

    With several labels, print those that the text has, and the probability of each.
    """
    from rnn_sentiment.outcome import OneOf

    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"  # may lack some letters
    to_terminal = sys.stdout is not None and sys.stdout.isatty()
    for window, answers in answered:
        for one, label, shares in zip(window, answers.labels, answers.probabilities, strict=True):
            text = printable(one.text)
            if to_terminal and len(text) > SHOWN:
                text = f"{text[: SHOWN - 1]}…"
            own = "|".join(map(printable, predictor.names(label)))
            sure = (
                f"{shares[label]:.4f}"
                if isinstance(predictor.outcome, OneOf)
                else " ".join(
                    f"{printable(name)}={share:.4f}"
                    for name, share in zip(predictor.labels, shares, strict=True)
                )
            )
            line = f"{own or '-'}\t{sure}\t{text}"
            print(line.encode(encoding, "replace").decode(encoding))


if __name__ == "__main__":
    one_line_errors(run)
