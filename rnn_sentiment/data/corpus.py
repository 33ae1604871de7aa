"""A corpus: labelled texts in parts.

Every source becomes a folder in the Hub's layout: `[config/]{part}-*.parquet` with the columns
`text` and `label`, a number from 0 or a list of them. There is a part `train`, and perhaps
`validation`, `test` and `unsupervised` (whose labels are ignored).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rnn_sentiment.bars import Bar
from rnn_sentiment.data.fingerprint import LABELLED, Fingerprint, PartFingerprint
from rnn_sentiment.data.parquet import MOST_LABELS, Shard, num_rows, read_columns
from rnn_sentiment.errors import UserError

PARTS = (*LABELLED, "unsupervised")


@dataclass(frozen=True)
class Corpus:
    """A folder in the Hub's layout.

    Args:
        folder: where the parquet files are, or one folder above.
        labels: the names of labels 0, 1, ...
        left_out: parts that are not read.
        several: a text has a list of labels, which is read as a number with a bit for each.
    """

    folder: Path
    labels: tuple[str, ...]
    left_out: frozenset[str] = frozenset()
    several: bool = False

    @property
    def parts(self) -> list[str]:
        """The labelled parts that exist."""
        return [part for part in LABELLED if self.files(part)]

    def files(self, part: str) -> list[Path]:
        """The parquet files of a part, in order; none if there is no such part.

        Raises:
            UserError: one of them is no file.
        """
        if part in self.left_out:
            return []
        found = sorted(self.folder.glob(f"{part}-*.parquet")) or sorted(
            file
            for file in self.folder.glob(f"*/{part}-*.parquet")
            if not file.parent.name.startswith(".")
        )
        for file in found:
            if not file.is_file():  # to open a pipe would wait for ever
                raise UserError(f"{file} is not a regular file; remove it, or give another folder")
        return found

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
        numbers = range(1 << len(self.labels) if self.several else len(self.labels))
        for texts, labels, row in read_columns(shard):
            for offset, (text, label) in enumerate(zip(texts, labels, strict=True)):
                if not isinstance(text, str):
                    raise UserError(
                        f"{shard.file} row {row + offset}: text is {text!r}, not a string"
                    )
                if "\0" in text:
                    raise UserError(f"{shard.file} row {row + offset}: text holds a NUL byte")
                if part != "unsupervised" and label not in numbers:
                    raise UserError(
                        f"{shard.file} row {row + offset}: label is {self.wrong(label)}"
                    )
            yield texts, labels

    def wrong(self, label: Any) -> str:
        """Describe a wrong label, and what it should be."""
        if not self.several:
            return f"{label!r}, expected {' or '.join(map(str, range(len(self.labels))))}"
        found = label
        if isinstance(label, int):
            found = [number for number in range(MOST_LABELS) if label >> number & 1]
        return f"{found!r:.80}, expected a list of numbers from 0 to {len(self.labels) - 1}"

    def shards(self, part: str, rows: int) -> list[Shard]:
        """Cut a part into shards with at most this many rows."""
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
        total, rows, counts = 0, 0, [0] * len(self.labels)
        with Bar(desc=f"Identifying {part}", unit=" texts") as progress:
            for texts, labels in self.read(part):
                for text, label in zip(texts, labels, strict=True):
                    row = hashlib.blake2b(f"{label}\0{text}".encode(), digest_size=16)
                    total = (total + int.from_bytes(row.digest(), "big")) % (1 << 128)
                    for number in range(len(counts)) if self.several else (label,):
                        counts[number] += label >> number & 1 if self.several else 1
                rows += len(texts)
                progress.update(len(texts))
        return PartFingerprint(rows, tuple(counts), f"{total:032x}")
