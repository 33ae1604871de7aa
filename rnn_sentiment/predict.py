"""Classify texts: `python -m rnn_sentiment.predict run=FOLDER "text" ... | file=FILE | < FILE`."""

from __future__ import annotations

import sys
from pathlib import Path

from rnn_sentiment.configuration import one_line_errors
from rnn_sentiment.errors import UserError

USAGE = 'python -m rnn_sentiment.predict run=FOLDER "text" ... (or file=FILE, or standard input)'


def predict(arguments: list[str]) -> None:
    """Print label, its probability and the text, a line each, in the order given.

    Raises:
        UserError: there is no such run or file, or no text.
    """
    if not arguments or not arguments[0].startswith("run="):
        raise UserError(f"say which run: {USAGE}")
    run = Path(arguments[0].removeprefix("run="))
    texts = read_texts(arguments[1:])

    from rnn_sentiment.inference.predictor import Predictor

    predictor = Predictor(run)
    for text, probabilities in zip(texts, predictor(texts), strict=True):
        label, probability = max(probabilities.items(), key=lambda item: item[1])
        print(f"{label}\t{probability:.4f}\t{' '.join(text.split())[:80]}")


def read_texts(arguments: list[str]) -> list[str]:
    """Take texts from the command line, from a file, or from standard input, a line each."""
    if not arguments:
        lines = sys.stdin.read().splitlines()
    elif len(arguments) == 1 and arguments[0].startswith("file="):
        file = Path(arguments[0].removeprefix("file="))
        try:
            lines = file.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise UserError(f"{file} cannot be read as UTF-8 text: {error}") from error
    else:
        return arguments
    texts = [line for line in lines if line.strip()]
    if not texts:
        raise UserError(f"there is no text to classify: {USAGE}")
    return texts


def main() -> None:
    """Entry of the command line."""
    one_line_errors(lambda: predict(sys.argv[1:]))


if __name__ == "__main__":
    main()
