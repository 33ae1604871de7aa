"""Parquet files of texts and labels: read in bounded memory, written atomically."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from rnn_sentiment.errors import UserError
from rnn_sentiment.storage import replacing

ROW_GROUP = 1000  # rows
MOST_LABELS = 63  # of a text: bits of a number that are not its sign


class Shard(NamedTuple):
    """Rows `start` to `stop` of a file."""

    file: Path
    start: int
    stop: int


def num_rows(file: Path) -> int:
    """Rows of a parquet file, from its footer."""
    import pyarrow.parquet as pq

    with one_line_damage(file):
        return int(pq.read_metadata(file).num_rows)


def read_columns(shard: Shard) -> Iterator[tuple[list[Any], list[Any], int]]:
    """Batches of texts and labels of a shard, with the number of their first row.

    A list of labels is a number with a bit for each of them.
    """
    import pyarrow.parquet as pq

    with (
        one_line_damage(shard.file),
        pq.ParquetFile(shard.file, page_checksum_verification=True) as file,
    ):
        groups = []  # those that hold rows of the shard
        first = 0
        for group in range(file.metadata.num_row_groups):
            size = file.metadata.row_group(group).num_rows
            if first + size > shard.start and first < shard.stop:
                groups.append((group, first))
            first += size
        row = groups[0][1] if groups else 0
        for batch in file.iter_batches(
            ROW_GROUP, row_groups=[group for group, _ in groups], columns=["text", "label"]
        ):
            low, high = max(shard.start - row, 0), min(shard.stop - row, len(batch))
            if low < high:
                cut = batch.slice(low, high - low)
                labels = list(map(as_number, cut["label"].to_pylist()))
                yield cut["text"].to_pylist(), labels, row + low
            row += len(batch)
            if row >= shard.stop:
                break


def as_number(label: Any) -> Any:
    """The number with a bit for each label of a list; any other value as it is."""
    if not isinstance(label, list):
        return label
    if not all(isinstance(one, int) and 0 <= one < MOST_LABELS for one in label):
        return label  # is refused where the row is known
    return sum(1 << one for one in set(label))


@contextmanager
def one_line_damage(file: Path) -> Iterator[None]:
    """Turn pyarrow's errors about a damaged file into a `UserError` that names it."""
    import pyarrow as pa

    try:
        yield
    except (pa.ArrowException, OSError, KeyError, UnicodeDecodeError) as error:
        reason = str(error).splitlines()[0].rstrip(".")
        raise UserError(
            f"{file}: cannot be read ({reason}); expected parquet with the columns text and label"
        ) from error


def declared_labels(file: Path, column: str = "label") -> tuple[str, ...] | None:
    """The class names that `datasets` stores in a parquet file for a column, if any.

    The column may hold a class or a list of them.
    """
    import pyarrow.parquet as pq

    with one_line_damage(file):
        metadata = pq.read_schema(file).metadata or {}
    try:
        features = json.loads(metadata[b"huggingface"])["info"]["features"]
        feature = features[column].get("feature", features[column])  # of a list, or by itself
        names = feature["names"]
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
        return None
    plain = isinstance(names, list) and all(isinstance(name, str) for name in names)
    return tuple(names) if plain and len(names) == len({*names}) > 1 else None


def holds_lists(file: Path, column: str = "label") -> bool:
    """Whether a column of a parquet file holds lists, such as several labels."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with one_line_damage(file):
        return bool(pa.types.is_list(pq.read_schema(file).field(column).type))


def write_part(
    file: Path,
    rows: Iterator[tuple[str, int]] | Iterator[tuple[str, list[int]]],
    labels: Sequence[str],
    several: bool = False,
) -> None:
    """Stream `(text, label)` rows into a parquet file, which appears once it is complete.

    With `several`, a text has a list of labels.

    Memory is bounded by one row group. Label names are stored as `datasets` does; checksums
    reveal later damage to the reader.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    features: dict[str, Any] = {
        "text": {"dtype": "string", "_type": "Value"},
        "label": {"names": list(labels), "_type": "ClassLabel"},
    }
    kind = pa.int64()
    if several:
        features["label"] = {"feature": features["label"], "_type": "List"}
        kind = pa.list_(kind)
    schema = pa.schema(
        [("text", pa.string()), ("label", kind)],
        metadata={"huggingface": json.dumps({"info": {"features": features}})},
    )
    with (
        replacing(file) as out,
        pq.ParquetWriter(out, schema, write_page_checksum=True) as writer,
    ):
        while group := list(islice(rows, ROW_GROUP)):
            texts, numbers = zip(*group, strict=True)
            writer.write_table(pa.table([list(texts), list(numbers)], schema=schema))
