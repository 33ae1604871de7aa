"""What a corpus is: labelled texts in parts, and a fingerprint that says which ones.

Every source ends as a folder in the Hub's layout: `[config/]{part}-*.parquet` with the columns
`text` and `label`, a number from 0. There is a part `train`, and perhaps `validation`, `test` and
`unsupervised` (whose labels are ignored).
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from rnn_sentiment.errors import UserError

ROW_GROUP = 1000  # rows
PARTS = ("train", "validation", "test", "unsupervised")
LABELLED = PARTS[:3]


@dataclass(frozen=True)
class PartFingerprint:
    """Rows, rows per label and an order-independent digest of one part."""

    rows: int
    labels: tuple[int, ...]
    digest: str


@dataclass(frozen=True)
class Fingerprint:
    """The identity of a corpus: equal for equal rows in any order from any source."""

    train: PartFingerprint
    test: PartFingerprint | None = None
    validation: PartFingerprint | None = None

    def __str__(self) -> str:
        """32 hexadecimal digits over all parts."""
        parts = (self.train, self.test, self.validation)
        return hashlib.blake2b(repr(parts).encode(), digest_size=16).hexdigest()

    @property
    def parts(self) -> dict[str, PartFingerprint]:
        """The labelled parts that there are."""
        found = {part: getattr(self, part) for part in LABELLED}
        return {part: value for part, value in found.items() if value is not None}

    def to_dict(self) -> dict[str, Any]:
        """As JSON files hold it."""
        return {part: asdict(found) for part, found in self.parts.items()}

    @classmethod
    def from_dict(cls, fields: dict[str, Any]) -> Fingerprint:
        """Rebuild what `to_dict` took apart."""
        return cls(
            **{
                part: PartFingerprint(f["rows"], tuple(f["labels"]), f["digest"])
                for part, f in fields.items()
            }
        )

    def differences(self, other: Fingerprint) -> list[str]:
        """Say in words how this corpus differs from `other`; empty where it does not."""
        found = []
        for part in LABELLED:
            ours, theirs = self.parts.get(part), other.parts.get(part)
            if ours is None or theirs is None:
                if ours is not theirs:
                    found.append(f"{part} is {'missing' if ours is None else 'not expected'}")
            elif ours.rows != theirs.rows:
                found.append(f"{part} has {ours.rows:,} rows, expected {theirs.rows:,}")
            elif ours.labels != theirs.labels:
                found.append(f"{part} has {ours.labels} rows per label, expected {theirs.labels}")
            elif ours.digest != theirs.digest:
                found.append(f"{part} has the expected {ours.rows:,} rows but other contents")
        return found


# stanfordnlp/imdb (Maas et al., 2011): the split that published results are reported on.
IMDB = Fingerprint(
    train=PartFingerprint(25_000, (12_500, 12_500), "03c8d4902104435da1b3ec826ca3b2c2"),
    test=PartFingerprint(25_000, (12_500, 12_500), "b7bdd813f1b52049c27aeb83183f5f70"),
)


class Shard(NamedTuple):
    """Rows `start` to `stop` of a file."""

    file: Path
    start: int
    stop: int


@dataclass(frozen=True)
class Corpus:
    """A folder in the Hub's layout.

    Args:
        folder: where the parquet files are, or one folder above.
        labels: the names of labels 0, 1, ...
    """

    folder: Path
    labels: tuple[str, ...]

    @property
    def parts(self) -> list[str]:
        """The labelled parts that there are."""
        return [part for part in LABELLED if self.files(part)]

    def files(self, part: str) -> list[Path]:
        """The parquet files of a part, in order; none where there is no such part."""
        here = sorted(self.folder.glob(f"{part}-*.parquet"))
        return here or sorted(self.folder.glob(f"*/{part}-*.parquet"))

    def read(self, part: str) -> Iterator[tuple[list[str], list[int]]]:
        """Stream one part as (texts, labels) batches of at most 1,000 rows, in bounded memory.

        Raises:
            UserError: a file is damaged or has other columns, or a row has no text or no valid
                label; the line names the file and the row.
        """
        for file in self.files(part):
            yield from self.read_shard(Shard(file, 0, num_rows(file)), part)

    def read_shard(self, shard: Shard, part: str) -> Iterator[tuple[list[str], list[int]]]:
        """Stream the rows of a shard; see `read`."""
        for texts, labels, row in read_columns(shard):
            for offset, (text, label) in enumerate(zip(texts, labels, strict=True)):
                if not isinstance(text, str):
                    raise UserError(
                        f"{shard.file} row {row + offset}: text is {text!r}, not a string"
                    )
                if part != "unsupervised" and label not in range(len(self.labels)):
                    raise UserError(
                        f"{shard.file} row {row + offset}: label is {label!r}, expected "
                        f"{' or '.join(map(str, range(len(self.labels))))}"
                    )
            yield texts, labels

    def shards(self, part: str, rows: int) -> list[Shard]:
        """Cut a part into shards of at most so many rows."""
        return [
            Shard(file, start, min(start + rows, total))
            for file in self.files(part)
            for total in [num_rows(file)]
            for start in range(0, total, rows)
        ]

    def fingerprint(self) -> Fingerprint:
        """Read the corpus once and identify it, checking every row on the way.

        The digest is the sum of the rows' hashes modulo 2**128: it ignores order and, unlike an
        exclusive or, counts repeated rows.

        Raises:
            UserError: there is no train part, or a row is bad.
        """
        if not self.files("train"):
            raise UserError(
                f"data.path={self.folder} has no train part; expected train-*.parquet there or "
                "one folder below (the layout of stanfordnlp/imdb); other files are read with "
                "data=text_files"
            )
        return Fingerprint(**{part: self._fingerprint_part(part) for part in self.parts})

    def _fingerprint_part(self, part: str) -> PartFingerprint:
        from tqdm import tqdm

        total, counts = 0, [0] * len(self.labels)
        with tqdm(desc=f"Identifying {part}", unit=" reviews", leave=False) as progress:
            for texts, labels in self.read(part):
                for text, label in zip(texts, labels, strict=True):
                    row = hashlib.blake2b(f"{label}\0{text}".encode(), digest_size=16)
                    total = (total + int.from_bytes(row.digest(), "big")) % (1 << 128)
                    counts[label] += 1
                progress.update(len(texts))
        return PartFingerprint(sum(counts), tuple(counts), f"{total:032x}")


def num_rows(file: Path) -> int:
    """Rows of a parquet file, from its footer."""
    import pyarrow.parquet as pq

    with reading(file):
        return int(pq.read_metadata(file).num_rows)


def read_columns(shard: Shard) -> Iterator[tuple[list[Any], list[Any], int]]:
    """Batches of texts and labels of a shard, with the number of their first row."""
    import pyarrow.parquet as pq

    with reading(shard.file), pq.ParquetFile(shard.file) as file:
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
                yield cut["text"].to_pylist(), cut["label"].to_pylist(), row + low
            row += len(batch)
            if row >= shard.stop:
                break


@contextmanager
def reading(file: Path) -> Iterator[None]:
    """Turn what pyarrow says of a damaged file into a `UserError` that names it."""
    import pyarrow as pa

    try:
        yield
    except (pa.ArrowException, OSError, KeyError, UnicodeDecodeError) as error:
        reason = str(error).splitlines()[0].rstrip(".")
        raise UserError(
            f"{file}: cannot be read ({reason}); expected parquet with the columns text and label"
        ) from error


def declared_labels(file: Path) -> tuple[str, ...] | None:
    """The label names that `datasets` keeps in a parquet file, if it keeps any."""
    import pyarrow.parquet as pq

    with reading(file):
        metadata = pq.read_schema(file).metadata or {}
    try:
        features = json.loads(metadata[b"huggingface"])["info"]["features"]
        return tuple(features["label"]["names"])
    except (KeyError, TypeError, ValueError):
        return None


def write_part(file: Path, rows: Iterator[tuple[str, int]], labels: Sequence[str]) -> None:
    """Stream `(text, label)` rows into a parquet file; it appears when it is complete.

    Memory is bounded by one row group. Label names stand in the file as `datasets` keeps them.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    features = {
        "text": {"dtype": "string", "_type": "Value"},
        "label": {"names": list(labels), "_type": "ClassLabel"},
    }
    schema = pa.schema(
        [("text", pa.string()), ("label", pa.int64())],
        metadata={"huggingface": json.dumps({"info": {"features": features}})},
    )
    unfinished = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        with pq.ParquetWriter(unfinished, schema) as writer:
            while group := list(islice(rows, ROW_GROUP)):
                texts, numbers = zip(*group, strict=True)
                writer.write_table(pa.table([list(texts), list(numbers)], schema=schema))
        os.replace(unfinished, file)
    finally:
        unfinished.unlink(missing_ok=True)
