"""Look inside an embedding: `python -m rnn_sentiment.neighbours run=FOLDER word "a - b + c" ...`.

With `path=FILE` in place of `run=FOLDER`, the same for a file of vectors in GloVe's format.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from rnn_sentiment.configuration import one_line_errors
from rnn_sentiment.errors import UserError

USAGE = 'python -m rnn_sentiment.neighbours run=FOLDER (or path=FILE) word "king - man + woman" ...'


def neighbours(arguments: list[str]) -> None:
    """Print the words nearest to each query by cosine; of a run, before and after training.

    Raises:
        UserError: there is no such run or file, or a word has no vector.
    """
    found = re.fullmatch(r"(run|path)=(.+)", arguments[0]) if arguments else None
    if not found or not arguments[1:]:
        raise UserError(f"say which run, or path, and which words: {USAGE}")
    from rnn_sentiment.inspection import vectors

    source = Path(found[2]).expanduser()
    tables = vectors.of_run(source) if found[1] == "run" else vectors.of_file(source)
    answers = [[table.nearest(query) for table in tables] for query in arguments[1:]]
    for query, nearest in zip(arguments[1:], answers, strict=True):
        print(query)
        for table, words in zip(tables, nearest, strict=True):
            print(f"  {table.name}", *(f"{word} {cosine:.4f}" for word, cosine in words), sep="  ")


def main() -> None:
    """Entry of the command line."""
    one_line_errors(lambda: neighbours(sys.argv[1:]))


if __name__ == "__main__":
    main()
