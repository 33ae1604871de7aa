"""The identity of a corpus: a digest of its rows that ignores order, files and source."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from typing import Any

LABELLED = ("train", "validation", "test")  # parts


@dataclass(frozen=True)
class PartFingerprint:
    """Number of rows, rows with each label, and an order-independent digest of one part."""

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
        """The labelled parts that exist."""
        found = {part: getattr(self, part) for part in LABELLED}
        return {part: value for part, value in found.items() if value is not None}

    def to_dict(self) -> dict[str, Any]:
        """As plain values for JSON files."""
        return {part: asdict(found) for part, found in self.parts.items()}

    @classmethod
    def from_dict(cls, fields: dict[str, Any]) -> Fingerprint:
        """The inverse of `to_dict`."""
        return cls(
            **{
                part: PartFingerprint(f["rows"], tuple(f["labels"]), f["digest"])
                for part, f in fields.items()
            }
        )

    def differences(self, other: Fingerprint) -> list[str]:
        """Describe how this corpus differs from `other`; empty if it does not."""
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
