"""Explain an answer: `python -m rnn_sentiment.explain run=FOLDER "text" [out=PAGE.html]`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from rnn_sentiment.commands import Parser, one_line_errors
from rnn_sentiment.extras import need


def run(arguments: Sequence[str] | None = None) -> None:
    """Print a text with its words coloured by their effect, and optionally write it as a page."""
    parser = Parser(
        "explain",
        "Show which words of a text speak for a model's answer, and which against it.",
        [
            'explain run=runs/... "A quiet, honest film."',
            'explain run=runs/... "$(cat review.txt)" out=page.html',
        ],
    )
    parser.add_run_argument()
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="also write an .html page to share"
    )
    parser.add_argument("text", metavar="TEXT", help="the text to explain")
    given = parser.parse(arguments)
    text = os.fsencode(given.text).decode(errors="replace")
    need("explain", "explain", "captum")

    from rnn_sentiment.inference import Predictor
    from rnn_sentiment.inference.explanation import explain
    from rnn_sentiment.report import explanation_page, explanation_terminal

    if given.out is not None:  # before the model is loaded, which takes seconds
        explanation_page.check(given.out)
    explanation = explain(Predictor.load(given.run), text)
    explanation_terminal.show(explanation)
    if given.out is not None:
        explanation_page.write(explanation, given.out)
        print(given.out)


if __name__ == "__main__":
    one_line_errors(run)
