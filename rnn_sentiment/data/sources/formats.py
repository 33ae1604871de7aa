"""Read labelled texts from the files that people have: CSV, TSV, JSON lines, parquet, folders.

Every reader yields rows `(number, text, label)` with the label as text, in bounded memory, and
stops at the first bad row with a line that names the file and the row.
"""

from __future__ import annotations

import csv
import gzip
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from rnn_sentiment.errors import UserError

Row = tuple[int, str, str]

# What files and folders of a part may be called; the first name is ours.
PARTS = {
    "train": ("train", "training"),
    "validation": ("validation", "valid", "val", "dev"),
    "test": ("test", "testing"),
    "unsupervised": ("unsupervised", "unsup", "unlabelled", "unlabeled"),
}
SUFFIXES = (".csv", ".tsv", ".jsonl", ".ndjson", ".parquet")


@dataclass(frozen=True)
class Source:
    """A file of rows, or a folder of text files that share a label."""

    path: Path
    label: str | None = None

    @property
    def unit(self) -> str:
        """What row numbers count: lines of a text file, else rows from 0."""
        return "row" if self.path.suffix == ".parquet" or self.label is not None else "line"

    def at(self, number: int) -> str:
        """Name the place of a row for an error message."""
        return f"{self.path} {self.unit} {number}"


def find(path: Path) -> dict[str, list[Source]]:
    """Find the parts of a corpus: those of `PARTS` that are there, `train` always.

    A file is the train part. In a folder, parts are told by names that begin with theirs
    (`train.csv`, `test-00000-of-00001.parquet`, also one folder below) or by folders (`train/pos/`,
    as in aclImdb); without any, all files, or one folder of text files per class, are the train
    part.

    Raises:
        UserError: there is nothing to read.
    """
    if path.is_file():
        if suffix(path) not in SUFFIXES:
            raise UserError(f"data.path={path} is none of {', '.join(SUFFIXES)} (also with .gz)")
        return {"train": [Source(path)]}
    if not path.is_dir():
        raise UserError(f"data.path={path} is no file and no folder")
    parts: dict[str, list[Source]] = {}
    for file in sorted([*path.glob("*"), *path.glob("*/*")]):
        if (part := part_of(file)) and file.is_file() and suffix(file) in SUFFIXES:
            parts.setdefault(part, []).append(Source(file))
        elif part and file.is_dir() and file.parent == path:
            for below, sources in class_folders(file, part).items():
                parts.setdefault(below, []).extend(sources)
    if not parts:
        files = [Source(f) for f in sorted(path.iterdir()) if suffix(f) in SUFFIXES]
        parts = {"train": files} if files else class_folders(path, "train")
    if not parts.get("train"):
        raise UserError(
            f"data.path={path} has no train part; expected train.csv (or {', '.join(SUFFIXES[1:])})"
            ", or one folder of .txt files per class, as train/pos and train/neg"
        )
    return parts


def class_folders(folder: Path, part: str) -> dict[str, list[Source]]:
    """Folders of text files below `folder`, by part; one named `unsup` is unlabelled."""
    parts: dict[str, list[Source]] = {}
    for below in sorted(p for p in folder.iterdir() if p.is_dir() and any(p.glob("*.txt"))):
        where = "unsupervised" if part_of(below) == "unsupervised" else part
        parts.setdefault(where, []).append(Source(below, below.name))
    return parts


def part_of(path: Path) -> str | None:
    """Tell the part by the word that a name begins with."""
    word = re.split(r"[-_.\s\d]", path.name.lower(), maxsplit=1)[0]
    return next((part for part, names in PARTS.items() if word in names), None)


def suffix(path: Path) -> str:
    """The suffix of a file in lower case, whether or not it is compressed."""
    return (path.with_suffix("") if path.suffix == ".gz" else path).suffix.lower()


def read_rows(source: Source, text_column: str, label_column: str | None) -> Iterator[Row]:
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
        rows = read_table(source, columns, "\t" if kind == ".tsv" else ",")
    else:
        rows = read_json_lines(source, columns)
    found = False
    for number, values in rows:
        found = True
        text = values[0]
        if not isinstance(text, str):
            raise UserError(f"{source.at(number)}: {text_column} is {text!r}, not a text")
        if not is_unicode(text):
            raise UserError(f"{source.at(number)}: {text_column} is not valid UTF-8")
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
    return text


def is_unicode(text: str) -> bool:
    """Whether a text read with surrogate escapes was valid UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def read_folder(source: Source) -> Iterator[Row]:
    """One text from each .txt file of a folder."""
    assert source.label is not None
    for number, file in enumerate(sorted(source.path.glob("*.txt"))):
        try:
            yield number, file.read_text(encoding="utf-8"), source.label
        except UnicodeDecodeError as error:
            raise UserError(f"{file} is not valid UTF-8 (byte {error.start})") from None


def open_text(path: Path) -> TextIO:
    """Open a text file, compressed or not; a byte order mark is skipped."""
    how: dict[str, str] = {"encoding": "utf-8-sig", "errors": "surrogateescape", "newline": ""}
    if path.suffix == ".gz":
        return gzip.open(path, "rt", **how)  # type: ignore[call-overload, no-any-return]
    return open(path, **how)  # type: ignore[call-overload, no-any-return]


def read_table(
    source: Source, columns: list[str], delimiter: str
) -> Iterator[tuple[int, list[Any]]]:
    """Rows of a delimited file with a header line, quoted as in RFC 4180."""
    csv.field_size_limit(2**31 - 1)  # a review of many megabytes is still a review
    with open_text(source.path) as file:
        reader = csv.reader(file, delimiter=delimiter, strict=True)
        try:
            header = [name.strip() for name in next(reader, [])]
            places = [place_of(source.path, header, column) for column in columns]
            for row in reader:
                if not row:
                    continue
                if len(row) != len(header):
                    raise UserError(
                        f"{source.at(reader.line_num)}: {len(row)} fields, the header has "
                        f"{len(header)}"
                    )
                yield reader.line_num, [row[place] for place in places]
        except (csv.Error, EOFError, OSError) as error:
            raise UserError(f"{source.at(reader.line_num)}: {error}") from error


def read_json_lines(source: Source, columns: list[str]) -> Iterator[tuple[int, list[Any]]]:
    """Rows of a file with one JSON object a line."""
    number = 0
    with open_text(source.path) as file:
        try:
            for number, line in enumerate(file, 1):
                if not line.strip():
                    continue
                row = json.loads(line, object_pairs_hook=unique_keys)
                if not isinstance(row, dict):
                    raise UserError(f"{source.at(number)}: not a JSON object")
                for column in columns:
                    if column not in row:
                        place_of(Path(source.at(number)), list(row), column)
                yield number, [row[column] for column in columns]
        except (ValueError, EOFError, OSError) as error:
            raise UserError(f"{source.at(number)}: not a JSON object ({error})") from error


def unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse an object that names a key twice."""
    row = dict(pairs)
    if len(row) != len(pairs):
        raise ValueError("a key stands twice")
    return row


def read_parquet(source: Source, columns: list[str]) -> Iterator[tuple[int, list[Any]]]:
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
