"""Which rows are for training, validation and test, by hashes of the texts alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np


def split_rows(
    parts: Mapping[str, Any], validation_fraction: float, test_fraction: float
) -> dict[str, tuple[str, np.ndarray]]:
    """Choose rows for train, validation and test: `name -> (part, positions)`.

    What the corpus lacks is split off its train part by ranges of the texts' hashes, so that it
    depends on no order and equal texts stay together.

    Args:
        parts: the parts there are, each with `hashes (rows,) uint64`.
        validation_fraction: share of the train part for a missing validation part.
        test_fraction: the same for a missing test part.
    """
    hashes = parts["train"].hashes
    rest = np.ones(len(hashes), bool)
    chosen = {}
    low = 0.0
    for name, fraction in (("validation", validation_fraction), ("test", test_fraction)):
        if name in parts:
            chosen[name] = (name, np.arange(len(parts[name].hashes)))
            continue
        inside = (hashes >= np.uint64(low * 2.0**64)) & (
            hashes < np.uint64((low + fraction) * 2.0**64)
        )
        low += fraction
        rest &= ~inside
        chosen[name] = ("train", np.flatnonzero(inside))
    return {"train": ("train", np.flatnonzero(rest)), **chosen}


def choose(rows: np.ndarray, hashes: np.ndarray, size: int, seed: int) -> np.ndarray:
    """Choose `size` of `rows (N,)`, ascending, by (seed, hash of the text) alone.

    Multiplying by a random odd number scatters hashes (Dietzfelbinger et al., 1997); the smallest
    are taken, so that choices of several sizes are nested.
    """
    factor = np.random.default_rng(seed).integers(1 << 64, dtype=np.uint64) | np.uint64(1)
    return np.sort(rows[np.argsort(hashes[rows] * factor, kind="stable")[:size]])
