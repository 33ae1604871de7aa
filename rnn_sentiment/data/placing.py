"""Places of texts between 0 and 2**64, from which splits take ranges, in whatever order."""

from __future__ import annotations

import numpy as np

WHOLE = 1 << 64


def scattered(hashes: np.ndarray, seed: int) -> np.ndarray:
    """Other places for texts with hashes `(N,)`, by seed.

    Multiplying by a random odd number scatters hashes (Dietzfelbinger et al., 1997).
    """
    factor = np.random.default_rng(seed).integers(WHOLE, dtype=np.uint64) | np.uint64(1)
    return np.asarray(hashes * factor)


def evened(places: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Places in the same order, at equal distances within each class: `(N,)` from `(N,)` each.

    So a range holds the same share of every class. Equal texts share a place; if they have
    different labels, the smallest counts.
    """
    texts, text_of = np.unique(places, return_inverse=True)
    classes = np.full(len(texts), np.iinfo(np.int64).max)
    np.minimum.at(classes, text_of, labels)
    found = np.empty(len(places), np.uint64)
    for label in np.unique(classes):
        inside = classes[text_of] == label
        size = int(inside.sum())
        ranks = np.searchsorted(np.sort(places[inside]), places[inside]).astype(np.uint64)
        found[inside] = (ranks * np.uint64(2) + np.uint64(1)) * np.uint64(WHOLE // 2 // size)
    return found
