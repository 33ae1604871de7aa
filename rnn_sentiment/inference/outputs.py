"""Write answers to a file, atomically: CSV, TSV, JSON lines or parquet."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from rnn_sentiment.errors import UserError
from rnn_sentiment.storage import replacing

Rows = list[dict[str, Any]]
Write = Callable[[Rows], None]


@contextmanager
def writing(file: Path, columns: Sequence[str]) -> Iterator[Write]:
    """Open a file of rows; it appears under its name when the block ends.

    Args:
        file: the file; its suffix decides the format.
        columns: in order: `row` (integers), `text`, `label`, `labels` and `set` (lists of texts),
            and probabilities.

    Raises:
        UserError: see `check_output`.
        MachineError: the file cannot be written.
    """
    check_output(file)
    with replacing(file) as out, FORMATS[file.suffix.lower()](out, columns) as write:
        yield write


def check_output(file: Path) -> None:
    """Check that rows can be written to a file of this name.

    Raises:
        UserError: its suffix is unknown, or its folder does not exist.
    """
    if file.suffix.lower() not in FORMATS:
        raise UserError(f"out={file} does not end in one of {', '.join(FORMATS)}")
    if not file.parent.is_dir():
        raise UserError(f"out={file}: there is no folder {file.parent}")


@contextmanager
def csv_rows(out: IO[bytes], columns: Sequence[str], delimiter: str = ",") -> Iterator[Write]:
    """Delimited text with a header; the names in a list are separated by `|`."""
    text = io.TextIOWrapper(out, encoding="utf-8", newline="", write_through=True)
    writer = csv.DictWriter(text, columns, delimiter=delimiter)
    writer.writeheader()

    def write(rows: Rows) -> None:
        for row in rows:
            writer.writerow(
                {
                    key: "|".join(value) if isinstance(value, list) else value
                    for key, value in row.items()
                }
            )

    yield write
    text.detach()


@contextmanager
def tsv_rows(out: IO[bytes], columns: Sequence[str]) -> Iterator[Write]:
    """Tab-separated text with a header."""
    with csv_rows(out, columns, "\t") as write:
        yield write


@contextmanager
def json_lines(out: IO[bytes], columns: Sequence[str]) -> Iterator[Write]:
    """One JSON object per line."""

    def write(rows: Rows) -> None:
        for row in rows:
            out.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")

    yield write


@contextmanager
def parquet_rows(out: IO[bytes], columns: Sequence[str]) -> Iterator[Write]:
    """A parquet file with a row group for each list of rows."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    names = pa.list_(pa.string())
    kinds = {
        "row": pa.int64(), "text": pa.string(), "label": pa.string(), "labels": names, "set": names
    }  # fmt: skip
    schema = pa.schema([(name, kinds.get(name, pa.float32())) for name in columns])
    with pq.ParquetWriter(out, schema) as writer:
        yield lambda rows: writer.write_table(pa.Table.from_pylist(rows, schema))


FORMATS = {
    ".csv": csv_rows,
    ".tsv": tsv_rows,
    ".jsonl": json_lines,
    ".ndjson": json_lines,
    ".parquet": parquet_rows,
}
