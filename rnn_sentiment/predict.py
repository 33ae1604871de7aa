"""Classify texts: `python -m rnn_sentiment.predict run=FOLDER "text" ... | file=FILE | < FILE`."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from rnn_sentiment.commands import Parser, one_line_errors
from rnn_sentiment.errors import UserError
from rnn_sentiment.storage import printable


def run(arguments: Sequence[str] | None = None) -> None:
    """Print label, its probability and the text, a line each, in the order given."""
    parser = Parser(
        "predict",
        "Classify texts: a line each of label, probability and text.",
        [
            'predict run=runs/... "A quiet, honest film."',
            "predict run=runs/... file=reviews.txt",
            "predict run=runs/... < reviews.txt",
        ],
    )
    parser.add_argument("--run", type=Path, required=True, metavar="FOLDER", help="the run folder")
    parser.add_argument("--file", type=Path, metavar="FILE", help="a text a line, in UTF-8")
    parser.add_argument("texts", nargs="*", metavar="TEXT", help="standard input without any")
    given = parser.parse(arguments)
    texts = read_texts(given.file, given.texts)

    from rnn_sentiment.inference import Predictor

    predictor = Predictor.load(given.run)
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"  # may lack letters of a text
    for text, probabilities in zip(texts, predictor(texts), strict=True):
        label, probability = max(probabilities.items(), key=lambda item: item[1])
        line = f"{printable(label)}\t{probability:.4f}\t{printable(text)[:80]}"
        print(line.encode(encoding, "replace").decode(encoding))


def read_texts(file: Path | None, texts: list[str]) -> list[str]:
    """Take texts from the command line, or from a file or standard input, a line each.

    Raises:
        UserError: there is no text, or the file cannot be read.
    """
    if texts:
        if file is not None:
            raise UserError("give texts or file=FILE, not both")
        return [os.fsencode(text).decode(errors="replace") for text in texts]
    text = read_standard_input() if file is None else read_text(file)
    # Only line ends part texts; `splitlines` would also cut at form feeds and the like.
    lines = io.StringIO(text, newline=None).read().split("\n")
    if not (found := [line for line in lines if line.strip()]):
        raise UserError(f"there is no text to classify in {file or 'standard input'}")
    return found


def read_text(file: Path) -> str:
    """Read a text file.

    Raises:
        UserError: it cannot be read, or is not UTF-8.
    """
    try:
        return file.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise UserError(f"{file} cannot be read as UTF-8 text: {error}") from error


def read_standard_input() -> str:
    """Read standard input, whatever it holds; says so where that is not UTF-8."""
    if sys.stdin is None:
        return ""
    contents = sys.stdin.buffer.read()
    try:
        return contents.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        print(f"standard input is not UTF-8 ({error}); read what is", file=sys.stderr)
        return contents.decode("utf-8-sig", errors="replace")


def main() -> None:
    """Entry of the command line."""
    one_line_errors(run)


if __name__ == "__main__":
    main()
