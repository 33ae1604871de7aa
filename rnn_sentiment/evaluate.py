"""Score a run again: `python -m rnn_sentiment.evaluate run=FOLDER [data.path=FOLDER]`."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Sequence
from pathlib import Path

from rnn_sentiment.commands import Parser, one_line_errors
from rnn_sentiment.errors import UserError


def run(arguments: Sequence[str] | None = None) -> None:
    """Score the test part with a run's best checkpoint, and compare with its results."""
    parser = Parser(
        "evaluate",
        "Score the test part again, and compare with what the run recorded.",
        [
            "evaluate run=runs/...",
            "evaluate run=runs/... data.path=folder trainer=gpu",
            "evaluate run=runs/... calibrate=true",
            "evaluate run=runs/... threshold=f1 coverage=0.9",
            "evaluate run=runs/... precision=0.95",
        ],
        overrides=True,
    )
    parser.add_argument("--run", type=Path, required=True, metavar="FOLDER", help="the run folder")
    parser.add_argument("--trainer", metavar="NAME", help="cpu or gpu; the run's own without it")
    parser.add_argument(
        "--calibrate", choices=["true", "false"], default="false",
        help="fit the temperature of probabilities on the validation part",
    )  # fmt: skip
    parser.add_argument(
        "--threshold",
        choices=["f1"],
        help="also the threshold with the best F1 of the second class",
    )
    parser.add_argument(
        "--precision", type=share, metavar="SHARE", help="or with that precision at least"
    )
    parser.add_argument(
        "--coverage", type=share, metavar="SHARE",
        help="also sets of classes that hold the right one for that share of texts",
    )  # fmt: skip
    given = parser.parse(arguments)
    if given.threshold is not None and given.precision is not None:
        raise UserError("give threshold=f1 or precision=SHARE, not both")

    # Lightning 2.6 calls a part of torch that torch 2.13 deprecates, and advertises.
    warnings.filterwarnings("ignore", module="lightning.pytorch.utilities._pytree")
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    from rnn_sentiment.training.calibrating import Aims, calibrate
    from rnn_sentiment.training.rescoring import compare, reopen
    from rnn_sentiment.training.terminal import print_calibration

    reopened = reopen(given.run, given.overrides, given.trainer)
    rescored = compare(reopened)
    for part, scores in rescored.scores.items():
        print(part, " ".join(f"{name}={value:.4f}" for name, value in scores.items()))
    print(rescored.comparison)
    aims = Aims(given.threshold, given.precision, given.coverage)
    if given.calibrate == "true" or aims != Aims():
        print_calibration(calibrate(reopened, rescored.predictions, aims), reopened.data.labels)


def share(text: str) -> float:
    """A number between 0 and 1."""
    if not 0 < float(text) < 1:
        raise ValueError
    return float(text)


def main() -> None:
    """Entry of the command line."""
    one_line_errors(run)


if __name__ == "__main__":
    main()
