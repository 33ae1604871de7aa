"""Texts without labels in files of any kind, turned into the Hub's layout once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rnn_sentiment.bars import Bar
from rnn_sentiment.data.corpus import Corpus
from rnn_sentiment.data.parquet import write_part
from rnn_sentiment.data.sources.finding import (
    SUFFIXES,
    Input,
    data_files,
    folders,
    is_table,
    text_files,
)
from rnn_sentiment.data.sources.formats import read_rows
from rnn_sentiment.data.sources.importing import identity
from rnn_sentiment.data.sources.text import lines, refuse_bytes
from rnn_sentiment.errors import UserError
from rnn_sentiment.storage import locked, new_folder

NO_LABELS = ("none", "needed")  # the Hub's layout names two


def open_unlabelled(path: Path, cache: Path, text_column: str) -> Corpus:
    """Return a corpus whose part `unsupervised` has the texts of a file or folder.

    Args:
        path: a file of rows, or with a text per line; or a folder of files of rows, of .txt files
            with one text each, or of folders of these.
        cache: where the converted texts are kept until a file changes.
        text_column: the column with the text.

    Raises:
        UserError: there is nothing to read, or a row cannot be used.
    """
    inputs = find_texts(path)
    key = identity({"unsupervised": inputs}, text_column)
    folder = cache / "imported" / key
    with locked(folder):
        if not folder.exists():
            with new_folder(folder) as temporary:
                rows = Bar(texts(inputs, text_column), desc="Importing unlabelled", unit=" texts")
                file = temporary / "unsupervised-00000-of-00001.parquet"
                write_part(file, ((text, -1) for text in rows), NO_LABELS)
    return Corpus(folder, NO_LABELS)


def texts(inputs: list[Input], text_column: str) -> Iterator[str]:
    """The texts of files with any names; labels are ignored."""
    for given in inputs:
        if given.label is not None or is_table(given.path):
            for _, text, _ in read_rows(given, text_column, None):
                yield text
        else:
            yield from texts_of_lines(given)


def texts_of_lines(given: Input) -> Iterator[str]:
    """The lines of a file that are not blank."""
    for number, line in enumerate(lines(given), 1):
        if text := line.strip():
            refuse_bytes(text, given.at(number))
            yield text


def find_texts(path: Path) -> list[Input]:
    """Find all files of texts in a folder and the folders in it.

    Raises:
        UserError: there is none.
    """
    if path.is_file():
        return [Input(path)]
    found = []
    for folder in [path, *folders(path)] if path.is_dir() else []:
        found += data_files(folder)
        if text_files(folder):
            found.append(Input(folder, label=folder.name))
    if not found:
        raise UserError(
            f"data.unlabelled={path} has no texts; expected a file ({', '.join(SUFFIXES)}, or a "
            "text a line, also with .gz), or a folder of such tables or of .txt files"
        )
    return found
