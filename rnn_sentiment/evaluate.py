"""Score a run again: `python -m rnn_sentiment.evaluate run=FOLDER [data.path=FOLDER]`."""

from __future__ import annotations

import logging
import sys
import warnings
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from rnn_sentiment.commands import Parser, list_of_names, one_line_errors, without_plotting
from rnn_sentiment.errors import UserError
from rnn_sentiment.storage import printable


def make_parser() -> Parser:
    """The argument parser of the command."""
    parser = Parser(
        "evaluate",
        "Score the test part again, and compare with the scores that the run recorded.",
        [
            "evaluate run=runs/...",
            "evaluate run=runs/... data.path=folder trainer=gpu",
            "evaluate run=runs/... calibrate=true",
            "evaluate run=runs/... threshold=f1 coverage=0.9",
            "evaluate run=runs/... precision=0.95",
            "evaluate run=runs/... file=new.csv label_column=stars",
        ],
        overrides=True,
    )
    parser.add_run_argument("the run folder; with file= also a bundle")
    parser.add_argument("--trainer", metavar="NAME", help="cpu or gpu; default: the run's own")
    parser.add_flag("calibrate", "fit a temperature for the probabilities on the validation part")
    parser.add_argument(
        "--threshold",
        choices=["f1"],
        help="choose the threshold with the best F1 of the second class",
    )
    parser.add_argument(
        "--precision",
        type=share,
        metavar="SHARE",
        help="choose the threshold that reaches this precision",
    )
    parser.add_argument(
        "--coverage", type=share, metavar="SHARE",
        help="fit prediction sets that contain the right class for this share of texts",
    )  # fmt: skip
    parser.add_argument(
        "--file", type=Path, metavar="FILE",
        help="labelled file to score, also as data.path=: .csv, .tsv, .jsonl, .json or .parquet",
    )  # fmt: skip
    parser.add_table_arguments()
    parser.add_argument(
        "--label_column", metavar="NAME",
        help="label column, or [NAME,...] columns of 0 and 1; default: as in training",
    )  # fmt: skip
    parser.add_argument(
        "--label_separator", metavar="CHARACTER", help="separates several labels in that column"
    )
    return parser


def run(arguments: Sequence[str] | None = None) -> None:
    """Score the test part with the best checkpoint of a run, and compare with its results."""
    arguments = sys.argv[1:] if arguments is None else arguments
    given = make_parser().parse(arguments)
    if given.threshold is not None and given.precision is not None:
        raise UserError("give threshold=f1 or precision=SHARE, not both")

    aims = given.threshold, given.precision, given.coverage
    is_fitted = given.calibrate or any(aim is not None for aim in aims)
    if given.file is not None:
        if is_fitted or given.overrides or given.trainer:
            raise UserError(
                f"file={given.file} is only scored; calibration options, data.* and trainer.* are "
                "for the run's own corpus"
            )
        print_file_scores(given)
        return

    # Lightning 2.6 uses a part of torch that torch 2.13 deprecates.
    warnings.filterwarnings("ignore", module="lightning.pytorch.utilities._pytree")
    from rnn_sentiment.calibration.fitting import Aims
    from rnn_sentiment.training.calibrating import calibrate
    from rnn_sentiment.training.rescoring import OtherCorpus, compare, reopen
    from rnn_sentiment.training.terminal import print_calibration

    # It advertises, and sets its own log level on import.
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    try:
        reopened = reopen(given.run, given.overrides, given.trainer)
    except OtherCorpus:
        if is_fitted or given.trainer or not names_table(given.overrides):
            raise
        given = make_parser().parse([*map(as_file, arguments)])
        print(
            f"{given.file} is not the corpus of {given.run}; scoring it as file=", file=sys.stderr
        )
        print_file_scores(given)
        return
    rescored = compare(reopened)
    for part, scores in rescored.scores.items():
        print(part, *map(shown, scores, scores.values()))
    print(rescored.comparison)
    for sentence in rescored.warnings:
        print(f"warning: {sentence}")
    if is_fitted:
        found = calibrate(reopened, rescored.predictions, Aims(*aims))
        print_calibration(found, reopened.data.labels)


def names_table(overrides: Sequence[str]) -> bool:
    """Whether `data.path=` names a table that `file=` could name."""
    from rnn_sentiment.data.sources.finding import is_table

    paths = [
        Path(one.removeprefix("data.path=")) for one in overrides if one.startswith("data.path=")
    ]
    return any(path.is_file() and is_table(path) for path in paths)


def as_file(word: str) -> str:
    """Rewrite `data.path=` as `file=`, and drop `data.` from other keys."""
    return word.replace("data.path=", "file=", 1).removeprefix("data.")


def print_file_scores(given: Namespace) -> None:
    """Print the scores of a table and of each class."""
    with without_plotting():
        from rnn_sentiment.inference.scored_file import score_file
    from rnn_sentiment.data.sources.form import said_form
    from rnn_sentiment.inference import Predictor, classify
    from rnn_sentiment.inference.file_form import form_of_file

    if str(given.label_column).startswith("["):
        given.label_column = list_of_names(given.label_column)
    said_form(given)  # rejects invalid settings before the model is loaded, which takes seconds
    predictor = Predictor.load(given.run)
    form = form_of_file(given, predictor.form)
    bad_rows = classify.BadRows(given.bad_rows)
    found = score_file(predictor, given.file, form, bad_rows.refuse)
    bad_rows.print_count()
    print(f"{given.file}, {found.rows:,} rows:", *map(shown, found.scores, found.scores.values()))
    for name, scores in found.classes.items():
        stated = (shown(key, getattr(scores, key)) for key in ("precision", "recall", "f1"))
        print(f"{printable(name)}: {' '.join(stated)}, {scores.rows:,} rows")


def shown(name: str, value: float | None) -> str:
    """Format a score as `name=value`."""
    return f"{name}=undefined" if value is None else f"{name}={value:.4f}"


def share(text: str) -> float:
    """Parse a number between 0 and 1."""
    if not 0 < float(text) < 1:
        raise ValueError
    return float(text)


if __name__ == "__main__":
    one_line_errors(run)
