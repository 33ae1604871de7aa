"""Score a run again: `python -m rnn_sentiment.evaluate run=FOLDER [data.path=FOLDER]`."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Sequence
from pathlib import Path

from rnn_sentiment.commands import Parser, one_line_errors


def run(arguments: Sequence[str] | None = None) -> None:
    """Score the test part with a run's best checkpoint, and compare with its results."""
    parser = Parser(
        "evaluate",
        "Score the test part again, and compare with what the run recorded.",
        ["evaluate run=runs/...", "evaluate run=runs/... data.path=folder trainer=gpu"],
        overrides=True,
    )
    parser.add_argument("--run", type=Path, required=True, metavar="FOLDER", help="the run folder")
    parser.add_argument("--trainer", metavar="NAME", help="cpu or gpu; the run's own without it")
    given = parser.parse(arguments)

    # Lightning 2.6 calls a part of torch that torch 2.13 deprecates, and advertises.
    warnings.filterwarnings("ignore", module="lightning.pytorch.utilities._pytree")
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    from rnn_sentiment.training.rescoring import rescore

    rescored = rescore(given.run, given.overrides, given.trainer)
    for part, scores in rescored.scores.items():
        print(part, " ".join(f"{name}={value:.4f}" for name, value in scores.items()))
    print(rescored.comparison)


def main() -> None:
    """Entry of the command line."""
    one_line_errors(run)


if __name__ == "__main__":
    main()
