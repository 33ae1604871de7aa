"""Turn files of any kind into a folder in the Hub's layout, once, checking every row."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from rnn_sentiment.bars import Bar
from rnn_sentiment.data.corpus import Corpus
from rnn_sentiment.data.parquet import declared_labels, holds_lists, write_part
from rnn_sentiment.data.sources.finding import Input, find
from rnn_sentiment.data.sources.formats import read_rows
from rnn_sentiment.data.sources.labelling import LabelColumn, names_of, plain_number
from rnn_sentiment.data.sources.labels import find_labels, has_several, refuse_too_many
from rnn_sentiment.data.sources.layout import SEEN, Layout
from rnn_sentiment.data.sources.text import listed, shown
from rnn_sentiment.data.sources.unanswered import without_unanswered
from rnn_sentiment.errors import UserError
from rnn_sentiment.storage import locked, new_folder

FORMAT = 3  # part of the name: what is refused by now is not found in the cache either


def import_files(
    path: Path,
    cache: Path,
    text_column: str,
    label_column: LabelColumn,
    labels: Sequence[str] | None,
    layout: Layout = SEEN,
) -> Corpus:
    """Return the corpus of a file or folder, converted once and kept until a file changes.

    Args:
        path: a path that `find` understands.
        cache: where the converted corpus is kept.
        text_column: the column with the text.
        label_column: the column with the class, or one for each label.
        labels: the classes in order; None takes those of the train part, numbers in numerical
            and names in alphabetical order.
        layout: what is known about the format of text files.

    Raises:
        UserError: a row cannot be used; the message names file and row, and nothing is left behind.
    """
    parts = without_unanswered(find(path), text_column, label_column, layout)
    key = identity(parts, text_column, label_column, labels, layout)
    folder = cache / "imported" / key
    with locked(folder):
        if not folder.exists():
            with new_folder(folder) as temporary:
                several = has_several(parts["train"], text_column, label_column, layout)
                names = list(
                    labels
                    or find_labels(parts["train"], text_column, label_column, layout, several)
                )
                if several:
                    refuse_too_many(names)
                for part, inputs in parts.items():
                    column = None if part == "unsupervised" else label_column
                    rows = numbered(inputs, text_column, column, names, layout, several)
                    progress = Bar(rows, desc=f"Importing {part}", unit=" texts")
                    file = temporary / f"{part}-00000-of-00001.parquet"
                    write_part(file, iter(progress), names, several)
    train = folder / "train-00000-of-00001.parquet"
    found = declared_labels(train)
    assert found is not None
    return Corpus(folder, found, several=holds_lists(train))


def identity(parts: dict[str, list[Input]], *settings: object) -> str:
    """Name an import by its files, their sizes and times, and its settings."""
    listed = []
    for part, inputs in parts.items():
        for given in inputs:
            stats = [
                (str(file.resolve()), s.st_size, s.st_mtime_ns, s.st_ctime_ns)
                for file in given.files
                for s in [file.stat()]
            ]
            listed.append((part, given.label, stats))
    return hashlib.blake2b(repr((FORMAT, listed, settings)).encode(), digest_size=10).hexdigest()


def numbered(
    inputs: list[Input], text_column: str, label_column: LabelColumn | None, names: list[str],
    layout: Layout, several: bool,
) -> Iterator[tuple[str, Any]]:  # fmt: skip
    """The rows of a part with the number of their class, -1 in the unlabelled part.

    With `several`, a list of numbers.
    """
    numbers = {plain_number(name): number for number, name in enumerate(names)}
    if not any(name.lstrip("-").isdigit() for name in numbers):
        # Files may hold numbers where the classes have names, as the Hub's do.
        numbers |= {str(number): number for number in range(len(names))}
    for given in inputs:
        for number, text, label in read_rows(given, text_column, label_column, layout=layout):
            if label_column is None:
                yield text, [] if several else -1
                continue
            own = names_of(given.at(number), label_column, label, several)
            for name in own:
                if name not in numbers:
                    raise UserError(
                        f"{given.at(number)}: the class {shown(name)} is none of {listed(names)}"
                    )
            found = [numbers[name] for name in own]
            yield text, found if several else found[0]
