"""Labelled texts in the files that people have: CSV, TSV, JSON lines, parquet, folders of texts.

Every reader yields rows `(number, text, label)` with the label as text, in bounded memory. A bad
row is an error that names file and row; it ends the reading, or the caller takes note of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rnn_sentiment.data.sources.finding import Input, suffix
from rnn_sentiment.data.sources.tables import read_table
from rnn_sentiment.data.sources.text import LONGEST, lines, refuse_bytes, too_long
from rnn_sentiment.errors import Refuse, UserError, stop

Row = tuple[int, str, str]


def read_rows(
    source: Input, text_column: str, label_column: str | None, refuse: Refuse = stop
) -> Iterator[Row]:
    """Stream the rows of a source; without a `label_column` their labels are empty.

    Args:
        source: a file or folder.
        text_column: where the text is.
        label_column: where the class is.
        refuse: is called for each bad row, which is then passed over.

    Raises:
        UserError: the file is empty, damaged or has other columns, or a row is not what it
            should be; the line names the file and the row.
    """
    columns = [text_column] if label_column is None else [text_column, label_column]
    if source.label is not None:
        yield from read_folder(source)
        return
    kind = suffix(source.path)
    if kind == ".parquet":
        rows = read_parquet(source, columns)
    elif kind in (".csv", ".tsv"):
        rows = read_columns(source, columns, "\t" if kind == ".tsv" else ",", refuse)
    else:
        rows = read_json_lines(source, columns, refuse)
    found = False
    for number, values in rows:
        found = True
        place = source.at(number)
        try:
            text = checked_text(values[0], place, text_column)
            label = label_text(place, label_column, values[-1])
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
        raise UserError(f"{place}: {column} is {text!r:.80}, not a text")
    if len(text) > LONGEST:
        raise too_long(place)
    refuse_bytes(text, f"{place}: {column}")
    return text


def label_text(place: str, column: str | None, value: Any) -> str:
    """Write a label as text: 1, 1.0 and "1" are the same one."""
    if column is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = value.strip() if isinstance(value, str) else str(value)
    if text.lower() in ("", "nan", "none", "null") or not isinstance(value, (str, int)):
        raise UserError(f"{place}: {column} is {value!r}, not a class")
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
    source: Input, columns: list[str], delimiter: str, refuse: Refuse
) -> Iterator[tuple[int, list[Any]]]:
    """Rows of a delimited file."""
    rows = read_table(source, delimiter, refuse)
    _, header = next(rows, (0, []))
    places = [place_of(source.path, header, column) for column in columns]
    for number, fields in rows:
        yield number, [fields[place] for place in places]


def read_json_lines(
    source: Input, columns: list[str], refuse: Refuse
) -> Iterator[tuple[int, list[Any]]]:
    """Rows of a file with one JSON object a line."""
    for number, line in enumerate(lines(source), 1):
        if not line.strip():
            continue
        try:
            row = json_object(line, source.at(number))
            for column in columns:
                if column not in row:
                    place_of(Path(source.at(number)), list(row), column)
        except UserError as error:
            refuse(error)
            continue
        yield number, [row[column] for column in columns]


def json_object(line: str, place: str) -> dict[str, Any]:
    """Read a line of JSON.

    Raises:
        UserError: it is no object, or names a key twice.
    """
    try:
        row = json.loads(line, object_pairs_hook=unique_keys)
    except RecursionError:
        raise UserError(f"{place}: nested too deeply for a row") from None
    except ValueError as error:
        raise UserError(f"{place}: not a JSON object ({error})") from error
    if not isinstance(row, dict):
        raise UserError(f"{place}: not a JSON object")
    return row


def unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse an object that names a key twice."""
    row = dict(pairs)
    if len(row) != len(pairs):
        raise ValueError("a key stands twice")
    return row


def read_parquet(source: Input, columns: list[str]) -> Iterator[tuple[int, list[Any]]]:
    """Rows of a parquet file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    number = 0
    try:
        with pq.ParquetFile(source.path) as file:
            for column in columns:
                place_of(source.path, file.schema_arrow.names, column)
            for batch in file.iter_batches(1000, columns=columns):
                values = [batch[column].to_pylist() for column in columns]
                for number, row in enumerate(zip(*values, strict=True), number):  # noqa: B020
                    yield number, list(row)
                number += 1
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        reason = str(error).splitlines()[0].rstrip(".")
        raise UserError(f"{source.at(number)}: cannot be read as parquet ({reason})") from error


def place_of(path: Path, header: list[str], column: str) -> int:
    """Find a column that must stand in the header once."""
    if header.count(column) != 1:
        count = "no" if column not in header else "more than one"
        raise UserError(
            f"{path}: {count} column '{column}'; it has {', '.join(header) or 'none'} (choose "
            "with text_column= or, to train, data.text_column= and data.label_column=)"
        )
    return header.index(column)
