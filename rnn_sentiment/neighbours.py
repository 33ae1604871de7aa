"""Look inside an embedding: `python -m rnn_sentiment.neighbours run=FOLDER "a - b + c"`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rnn_sentiment.commands import Parser, one_line_errors


def run(arguments: Sequence[str] | None = None) -> None:
    """Print the nearest words to each query by cosine; for a run, before and after training."""
    parser = Parser(
        "neighbours",
        "Print the words whose vectors are nearest to those of a query.",
        [
            'neighbours run=runs/... dull "awful - boring + brilliant"',
            'neighbours path=glove.6B.50d.txt "queen - king + man"',
        ],
    )
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument(
        "--run", type=Path, metavar="FOLDER", help="a run: vectors before and after training"
    )
    source.add_argument(
        "--path", type=Path, metavar="FILE", help="a file of vectors in GloVe's format"
    )
    parser.add_argument("queries", nargs="+", metavar="QUERY", help='a word, or "a - b + c"')
    given = parser.parse(arguments)

    from rnn_sentiment.inspection import vectors

    tables = vectors.of_run(given.run) if given.run else vectors.of_file(given.path.expanduser())
    answers = [[table.nearest(query) for table in tables] for query in given.queries]
    for query, nearest in zip(given.queries, answers, strict=True):
        print(query)
        for table, words in zip(tables, nearest, strict=True):
            print(f"  {table.name}", *(f"{word} {cosine:.4f}" for word, cosine in words), sep="  ")


if __name__ == "__main__":
    one_line_errors(run)
