"""Labelled texts in the files that people have: CSV, TSV, JSON, parquet, fastText's, folders.

Every reader yields rows `(number, text, label)` with the class, or a tuple of labels, as text, in
bounded memory. A bad row is an error that names file and row; it ends the reading, or the caller
takes note of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rnn_sentiment.data.sources.fasttext import PREFIX, read_fasttext
from rnn_sentiment.data.sources.finding import SUFFIXES, Input, suffix
from rnn_sentiment.data.sources.json_rows import read_json
from rnn_sentiment.data.sources.labelling import Label, LabelColumn, columns_of, label_of
from rnn_sentiment.data.sources.layout import SEEN, Layout
from rnn_sentiment.data.sources.tables import read_table
from rnn_sentiment.data.sources.text import (
    LONGEST,
    lines,
    listed,
    refuse_bytes,
    shown,
    too_long,
)
from rnn_sentiment.data.sources.unpacking import unpacked
from rnn_sentiment.errors import Refuse, UserError, stop

Row = tuple[int, str, Label]
OTHER_DELIMITER = "; delimiter=null finds the file's own delimiter"
NO_HEADER = (
    "; where the first line is no header, columns=[...] or, to train, data.columns=[...] names "
    "the columns"
)


def read_rows(
    source: Input,
    text_column: str,
    label_column: LabelColumn | None,
    refuse: Refuse = stop,
    layout: Layout = SEEN,
) -> Iterator[Row]:
    """Stream the rows of a source; without a `label_column` their labels are empty.

    Args:
        source: a file or folder.
        text_column: where the text is.
        label_column: where the class is, or a column for each label.
        refuse: is called for each bad row, which is then passed over.
        layout: what is known of how a file of text is written.

    Raises:
        UserError: the file is empty, damaged or has other columns, or a row is not what it
            should be; the line names the file and the row.
    """
    columns = [text_column, *columns_of(label_column)]
    if source.label is not None:
        yield from read_folder(source)
        return
    kind = suffix(source.path)
    if kind == ".parquet":
        rows = read_parquet(source, columns)
    elif kind in (".csv", ".tsv"):
        rows = read_columns(source, columns, layout, refuse)
    elif kind in SUFFIXES:
        rows = read_objects(source, columns, layout, refuse)
    else:
        rows = read_labels_first(source, layout, refuse)
    found = False
    for number, values in rows:
        found = True
        place = source.at(number)
        try:
            text = checked_text(values[0], place, text_column)
            label = label_of(place, label_column, values[1:], layout.label_separator)
        except UserError as error:
            refuse(error)
            continue
        yield number, text, label
    if not found:
        raise UserError(f"{source.path} has no rows")


def checked_text(text: Any, place: str, column: str) -> str:
    """A text that can be read.

    Raises:
        UserError: it is no text, too long, or has bytes that are no UTF-8.
    """
    if not isinstance(text, str):
        raise UserError(f"{place}: {column} is {shown(text)}, not a text")
    if len(text) > LONGEST:
        raise too_long(place)
    refuse_bytes(text, f"{place}: {column}")
    return text


def read_folder(source: Input) -> Iterator[Row]:
    """One text from each .txt file of a folder."""
    assert source.label is not None
    for number, file in enumerate(source.files):
        try:
            if file.stat().st_size > 4 * LONGEST:  # bytes of a character, at most
                raise too_long(str(file))
            text = file.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise UserError(f"{file} is not valid UTF-8 (byte {error.start})") from None
        except OSError as error:
            raise UserError(f"{file} cannot be read ({error.strerror})") from error
        if len(text) > LONGEST:
            raise too_long(str(file))
        refuse_bytes(text, str(file))
        yield number, text, source.label


def read_columns(
    source: Input, columns: list[str], layout: Layout, refuse: Refuse
) -> Iterator[tuple[int, list[Any]]]:
    """Rows of a delimited file."""
    rows = read_table(source, columns, layout, refuse)
    _, header = next(rows, (0, []))
    hint = NO_HEADER if layout.delimiter is None else f"{OTHER_DELIMITER}{NO_HEADER}"
    places = places_of(str(source.path), header, columns, hint)
    for number, fields in rows:
        yield number, [fields[place] for place in places]


def read_objects(
    source: Input, columns: list[str], layout: Layout, refuse: Refuse
) -> Iterator[tuple[int, list[Any]]]:
    """Rows of a file with JSON objects."""
    for number, row in read_json(source, layout.encoding, refuse):
        try:
            places_of(source.at(number), list(row), columns)
        except UserError as error:
            refuse(error)
            continue
        yield number, [row[column] for column in columns]


def read_labels_first(
    source: Input, layout: Layout, refuse: Refuse
) -> Iterator[tuple[int, list[Any]]]:
    """Rows of a file in fastText's format."""
    for number, label, text in read_fasttext(lines(source, layout.encoding)):
        if label is None or text.startswith(PREFIX):
            reason = "no class" if label is None else "more than one class"
            refuse(UserError(f"{source.at(number)}: {reason} before the text, {PREFIX}CLASS"))
            continue
        yield number, [text, label]


def read_parquet(source: Input, columns: list[str]) -> Iterator[tuple[int, list[Any]]]:
    """Rows of a parquet file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    number = 0
    try:
        with unpacked(source.path) as plain, pq.ParquetFile(plain) as file:
            places_of(str(source.path), file.schema_arrow.names, columns)
            for batch in file.iter_batches(1000, columns=columns):
                values = [batch[column].to_pylist() for column in columns]
                for number, row in enumerate(zip(*values, strict=True), number):  # noqa: B020
                    yield number, list(row)
                number += 1
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        reason = str(error).splitlines()[0].rstrip(".")
        raise UserError(f"{source.at(number)}: cannot be read as parquet ({reason})") from error


def places_of(place: str, header: list[str], columns: list[str], hint: str = "") -> list[int]:
    """Find the column of texts, and those of labels after it, each of which the header has once.

    Raises:
        UserError: says which columns there are, and the hint.
    """
    for number, column in enumerate(columns):
        if header.count(column) != 1:
            refuse_bytes(" ".join(header), f"{place}: the header")
            count = "no" if column not in header else "more than one"
            key = "label_column" if number else "text_column"
            raise UserError(
                f"{place}: {count} column '{column}'; it has {listed(header) or 'none'} "
                f"(choose with {key}= or, to train, data.{key}={hint})"
            )
    return [header.index(column) for column in columns]
