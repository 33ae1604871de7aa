"""Texts that occur several times in a corpus, within a part or across parts."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from rich.console import Console

from rnn_sentiment.data.batches import TokenDataset


@dataclass(frozen=True)
class Overlap:
    """Rows whose texts are shared.

    Args:
        repeated: number of rows in each set that repeat an earlier row of it.
        shared: number of distinct texts that two sets have in common.
        mixed: number of distinct texts that occur with different labels.
    """

    repeated: dict[str, int]
    shared: dict[tuple[str, str], int]
    mixed: int


def find_overlap(sets: dict[str, tuple[np.ndarray, np.ndarray]]) -> Overlap:
    """Find repeated texts in `name -> (hashes (N,), labels (N,))`."""
    hashes = np.concatenate([h for h, _ in sets.values()])
    labels = np.concatenate([labels for _, labels in sets.values()])
    pairs = np.unique(np.stack([hashes, labels.astype(np.uint64)]), axis=1)
    return Overlap(
        {name: len(h) - len(np.unique(h)) for name, (h, _) in sets.items()},
        {
            (a, b): len(np.intersect1d(sets[a][0], sets[b][0]))
            for a, b in combinations(sets, 2)
        },
        pairs.shape[1] - len(np.unique(hashes)),
    )  # fmt: skip


def print_overlap(console: Console, sets: dict[str, TokenDataset]) -> None:
    """Print repeated texts, and warn of those that leak from training into the test part."""
    found = find_overlap({name: (rows.hashes, rows.labels) for name, rows in sets.items()})
    repeated = ", ".join(f"{count:,} in {name}" for name, count in found.repeated.items())
    console.print(f"rows that repeat an earlier one: {repeated}")
    console.print(f"equal texts with different labels: {found.mixed:,}")
    for (a, b), count in found.shared.items():
        if count and b == "test":
            console.print(
                f"[yellow]leakage: {count:,} texts are in both {a} and test[/]; results always "
                "give the test score without them too; data.deduplicate=true trains without them"
            )
        elif count:
            console.print(f"[yellow]leakage: {count:,} texts are in both {a} and {b}[/]")
