"""The rows of a corpus as arrays, and selections of them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class IndexedPart:
    """Label and hash of the text of every row of a part, memory-mapped."""

    labels: np.ndarray
    hashes: np.ndarray

    def row_ids(self) -> list[str]:
        """Name every row by its text: hash, then occurrence number among equal texts.

        The same for every source and order of rows: equal texts are numbered by label first, and
        rows that agree in text and label are interchangeable.
        """
        order = np.lexsort((self.labels, self.hashes))
        hashes = self.hashes[order]
        first = np.r_[True, hashes[1:] != hashes[:-1]]
        starts = np.flatnonzero(first)
        occurrence = np.arange(len(hashes)) - np.repeat(starts, np.diff(np.r_[starts, len(hashes)]))
        ids = np.empty(len(hashes), dtype=object)
        ids[order] = [f"{h:016x}-{n}" for h, n in zip(hashes, occurrence, strict=True)]
        return ids.tolist()


@dataclass(frozen=True)
class TokenSplit(IndexedPart):
    """The rows of one part with their tokens."""

    tokens: np.ndarray
    offsets: np.ndarray
    unknown: np.ndarray

    @property
    def lengths(self) -> np.ndarray:
        """(rows,) int64: tokens of each review, at least 1."""
        return np.diff(self.offsets)


class ChosenRows:
    """Some rows of a part.

    Args:
        split: the part.
        rows: (N,) positions in it.
    """

    def __init__(self, split: IndexedPart, rows: np.ndarray) -> None:
        self.split = split
        self.rows = rows

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def labels(self) -> np.ndarray:
        """(N,) int64."""
        return np.asarray(self.split.labels[self.rows])

    @property
    def hashes(self) -> np.ndarray:
        """(N,) uint64: a hash of each text."""
        return np.asarray(self.split.hashes[self.rows])

    def row_ids(self) -> list[str]:
        """Names of the rows; see `IndexedPart.row_ids`."""
        ids = self.split.row_ids()
        return [ids[row] for row in self.rows]


def text_hash(text: str) -> int:
    """Hash a text to 64 bits; the hash decides splits and names rows."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")
