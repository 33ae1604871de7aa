"""Labelled texts in the files that people have: CSV, TSV, JSON lines, parquet, folders of texts.

Every reader yields rows `(number, text, label)` with the label as text, in bounded memory, and
stops at the first bad row with a line that names the file and the row.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rnn_sentiment.data.sources.finding import Input, suffix
from rnn_sentiment.data.sources.tables import read_table
from rnn_sentiment.data.sources.text import LONGEST, lines, refuse_bytes, too_long
from rnn_sentiment.errors import UserError

Row = tuple[int, str, str]


def read_rows(source: Input, text_column: str, label_column: str | None) -> Iterator[Row]:
    """Stream the rows of a source; without a `label_column` their labels are empty.

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
        rows = read_columns(source, columns, "\t" if kind == ".tsv" else ",")
    else:
        rows = read_json_lines(source, columns)
    found = False
    for number, values in rows:
        found = True
        text = values[0]
        if not isinstance(text, str):
            raise UserError(f"{source.at(number)}: {text_column} is {text!r}, not a text")
        if len(text) > LONGEST:
            raise too_long(source.at(number))
        refuse_bytes(text, f"{source.at(number)}: {text_column}")
        yield number, text, label_text(source.at(number), label_column, values[-1])
    if not found:
        raise UserError(f"{source.path} has no rows")


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
    source: Input, columns: list[str], delimiter: str
) -> Iterator[tuple[int, list[Any]]]:
    """Rows of a delimited file."""
    rows = read_table(source, delimiter)
    _, header = next(rows, (0, []))
    places = [place_of(source.path, header, column) for column in columns]
    for number, fields in rows:
        yield number, [fields[place] for place in places]


def read_json_lines(source: Input, columns: list[str]) -> Iterator[tuple[int, list[Any]]]:
    """Rows of a file with one JSON object a line."""
    for number, line in enumerate(lines(source), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line, object_pairs_hook=unique_keys)
        except RecursionError:
            raise UserError(f"{source.at(number)}: nested too deeply for a row") from None
        except ValueError as error:
            raise UserError(f"{source.at(number)}: not a JSON object ({error})") from error
        if not isinstance(row, dict):
            raise UserError(f"{source.at(number)}: not a JSON object")
        for column in columns:
            if column not in row:
                place_of(Path(source.at(number)), list(row), column)
        yield number, [row[column] for column in columns]


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
            "with data.text_column and data.label_column)"
        )
    return header.index(column)
