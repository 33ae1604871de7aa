"""Check probabilities and prediction sets for each class and by length of text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from rnn_sentiment.calibration.calibration import Sets
from rnn_sentiment.outcome import Outcome

NUM_GROUPS = 5  # by length


def by_class_and_length(
    sets: Sets | None,
    probabilities: np.ndarray,
    labels: np.ndarray,
    lengths: np.ndarray,
    outcome: Outcome,
    names: Sequence[str],
) -> list[dict[str, Any]]:
    """Check groups of rows: all rows, those of each class, and fifths by length.

    Args:
        sets: the fitted prediction sets, if any.
        probabilities: (N, C), after applying the temperature if one was fitted.
        labels: (N,) int64, the true labels.
        lengths: (N,) int64, number of tokens of each text.
        outcome: how labels are interpreted.
        names: names of the C classes.

    Returns:
        An entry for all rows, for each class, and for fifths by length, shortest first; empty
        groups are left out. Each entry has its name in `rows_of`; see `of_rows`.
    """
    everything = np.arange(len(labels))
    groups = [("all", everything)]
    members = outcome.members(torch.tensor(labels)).numpy()
    groups += [(name, np.flatnonzero(rows)) for name, rows in zip(names, members.T, strict=True)]
    groups += fifths(lengths)
    return [
        {"rows_of": name, **of_rows(sets, probabilities[rows], labels[rows], outcome)}
        for name, rows in groups
        if len(rows)
    ]


def fifths(lengths: np.ndarray) -> list[tuple[str, np.ndarray]]:
    """Names and rows of fifths by length; fifths with the same length are merged."""
    found: dict[str, list[np.ndarray]] = {}
    for rows in np.array_split(np.argsort(lengths, kind="stable"), NUM_GROUPS):
        if len(rows):
            low, high = lengths[rows].min(), lengths[rows].max()
            name = f"{low} to {high} tokens" if low < high else f"{low} tokens"
            found.setdefault(name, []).append(rows)
    return [(name, np.concatenate(rows)) for name, rows in found.items()]


def of_rows(
    sets: Sets | None, probabilities: np.ndarray, labels: np.ndarray, outcome: Outcome
) -> dict[str, float]:
    """Confidence and accuracy of the most likely classes, and coverage and size of the sets.

    Returns:
        `rows`; `confidence`, the mean probability of the most likely class, and `right`, the share
        of rows where it is right (with several labels, both are over decisions); with sets,
        `covered`, the share of sets that contain the right class, `size`, their mean size, and
        `single`, the share of sets with one class.
    """
    shares = torch.from_numpy(probabilities)
    found = {
        "rows": len(labels),
        "confidence": float(outcome.confidence(shares).numpy().mean()),
        "right": float(outcome.right(shares, torch.tensor(labels)).numpy().mean()),
    }
    if sets is not None:
        inside = probabilities >= sets.probability
        found["covered"] = float(inside[np.arange(len(labels)), labels].mean())
        found["size"] = float(inside.sum(1).mean())
        found["single"] = float((inside.sum(1) == 1).mean())
    return found
