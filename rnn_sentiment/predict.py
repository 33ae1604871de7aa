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

SHOWN = 80  # characters of a text in a line of a terminal


def make_parser() -> Parser:
    """The argument parser of the command."""
    parser = Parser(
        "predict",
        "Classify texts: a line each of label, probability and text, or a file.",
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
        help="a text a line, or a table: .csv, .tsv, .jsonl, .json or .parquet",
    )  # fmt: skip
    parser.add_table_arguments()
    parser.add_argument(
        "--out", type=Path, metavar="FILE",
        help="a table with the probability of every class: .csv, .tsv, .jsonl or .parquet",
    )  # fmt: skip
    parser.add_argument(
        "texts", nargs="*", metavar="TEXT", help="default: the lines of standard input"
    )
    return parser


def run(arguments: Sequence[str] | None = None) -> None:
    """Print label, its probability and the text, a line each, or write a file; in order."""
    given = make_parser().parse(arguments)
    if given.texts and given.file is not None:
        raise UserError("give texts or file=FILE, not both")
    texts = [os.fsencode(text).decode(errors="replace") for text in given.texts]

    from rnn_sentiment.data.sources.form import said_form
    from rnn_sentiment.inference import Predictor, classify
    from rnn_sentiment.inference.file_form import form_of_file
    from rnn_sentiment.inference.inputs import check_input
    from rnn_sentiment.inference.outputs import check_output

    said_form(given)  # refuses what cannot be before the seconds that the model takes
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
    """Print label, its probability and the text, which a terminal has no room for all of.

    Of several labels, print those that the text has, and the probability of each.
    """
    from rnn_sentiment.outcome import OneOf

    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"  # may lack letters of a text
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
