"""What a corpus is: labelled reviews in two splits, and a fingerprint that says which ones."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rnn_sentiment.errors import UserError

SPLITS = ("train", "test")
LABELS = ("negative", "positive")  # IMDB's label 0 and 1


@dataclass(frozen=True)
class SplitFingerprint:
    """Rows, rows per label and an order-independent digest of one split."""

    rows: int
    labels: tuple[int, ...]
    digest: str


@dataclass(frozen=True)
class Fingerprint:
    """The identity of a corpus: equal for equal rows in any order from any source."""

    train: SplitFingerprint
    test: SplitFingerprint

    def __str__(self) -> str:
        """32 hexadecimal digits over both splits."""
        return hashlib.blake2b(repr((self.train, self.test)).encode(), digest_size=16).hexdigest()

    @classmethod
    def from_dict(cls, fields: dict[str, Any]) -> Fingerprint:
        """Rebuild what `dataclasses.asdict` took apart, as JSON files hold it."""
        splits = {split: fields[split] for split in SPLITS}
        return cls(
            **{
                split: SplitFingerprint(f["rows"], tuple(f["labels"]), f["digest"])
                for split, f in splits.items()
            }
        )

    def differences(self, other: Fingerprint) -> list[str]:
        """Say in words how this corpus differs from `other`; empty where it does not."""
        found = []
        for split in SPLITS:
            ours: SplitFingerprint = getattr(self, split)
            theirs: SplitFingerprint = getattr(other, split)
            if ours.rows != theirs.rows:
                found.append(f"{split} has {ours.rows:,} rows, expected {theirs.rows:,}")
            elif ours.labels != theirs.labels:
                found.append(f"{split} has {ours.labels} rows per label, expected {theirs.labels}")
            elif ours.digest != theirs.digest:
                found.append(f"{split} has the expected {ours.rows:,} rows but other contents")
        return found


# stanfordnlp/imdb (Maas et al., 2011): the split that published results are reported on.
IMDB = Fingerprint(
    train=SplitFingerprint(25_000, (12_500, 12_500), "03c8d4902104435da1b3ec826ca3b2c2"),
    test=SplitFingerprint(25_000, (12_500, 12_500), "b7bdd813f1b52049c27aeb83183f5f70"),
)


def fingerprint(folder: Path) -> Fingerprint:
    """Read a corpus folder once and identify it, checking every row on the way.

    The digest is the sum of the rows' hashes modulo 2**128: it ignores order and, unlike an
    exclusive or, counts repeated rows.
    """
    return Fingerprint(**{split: _fingerprint_split(folder, split) for split in SPLITS})


def _fingerprint_split(folder: Path, split: str) -> SplitFingerprint:
    from tqdm import tqdm

    total, labels = 0, [0] * len(LABELS)
    batches = tqdm(read(folder, split), desc=f"Identifying {split}", unit="k", leave=False)
    for texts, batch_labels in batches:
        for text, label in zip(texts, batch_labels, strict=True):
            row = hashlib.blake2b(f"{label}\0{text}".encode(), digest_size=16)
            total = (total + int.from_bytes(row.digest(), "big")) % (1 << 128)
            labels[label] += 1
    return SplitFingerprint(sum(labels), tuple(labels), f"{total:032x}")


def read(folder: Path, split: str) -> Iterator[tuple[list[str], list[int]]]:
    """Stream one split as (texts, labels) batches of about a thousand rows, in bounded memory.

    Raises:
        UserError: a file is missing, damaged or has other columns, or a row has no text or a
            label that is not 0 or 1; the line names the file and the row.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    for file in parquet_files(folder, split):
        row = 0
        try:
            for batch in pq.ParquetFile(file).iter_batches(1000, columns=["text", "label"]):
                texts, labels = batch["text"].to_pylist(), batch["label"].to_pylist()
                for offset, (text, label) in enumerate(zip(texts, labels, strict=True)):
                    if not isinstance(text, str):
                        raise UserError(
                            f"{file} row {row + offset}: text is {text!r}, not a string"
                        )
                    if label not in range(len(LABELS)):
                        raise UserError(
                            f"{file} row {row + offset}: label is {label!r}, expected 0 or 1"
                        )
                yield texts, labels
                row += len(texts)
        except UserError:
            raise
        except (pa.ArrowException, OSError, KeyError, UnicodeDecodeError) as error:
            reason = str(error).splitlines()[0].rstrip(".")
            raise UserError(
                f"{file}: cannot be read near row {row} ({reason}); "
                "expected parquet with the columns text and label"
            ) from error


def parquet_files(folder: Path, split: str) -> list[Path]:
    """Find a split's files in the Hub's layout: `[config/]{split}-00000-of-00001.parquet`."""
    if not folder.is_dir():
        raise UserError(f"data.path={folder} is not a folder; give one in the Hub's layout")
    found = sorted(folder.glob(f"{split}-*.parquet")) or sorted(folder.glob(f"*/{split}-*.parquet"))
    if not found:
        raise UserError(
            f"data.path={folder} has no {split} part; expected {split}-*.parquet there or one "
            "folder below (the layout of stanfordnlp/imdb)"
        )
    return found
