"""Confusion matrix: which classes a run mistakes for which."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from rnn_sentiment.storage import replacing

MOST_NAMED = 30  # classes whose names and counts fit in the picture


def confusion(predictions: pd.DataFrame, num_classes: int) -> list[list[int]]:
    """Count texts by true label (rows) and answer (columns)."""
    labels, answers = predictions["label"].to_numpy(), predictions["predicted"].to_numpy()
    cells = np.bincount(labels * num_classes + answers, minlength=num_classes**2)
    found: list[list[int]] = cells.reshape(num_classes, num_classes).tolist()
    return found


def most_confused(
    matrix: Sequence[Sequence[int]], labels: Sequence[str], most: int
) -> list[tuple[str, str, int]]:
    """The most common mistakes: true class, answer, number of texts."""
    wrong = np.array(matrix)
    np.fill_diagonal(wrong, 0)
    order = np.argsort(-wrong, axis=None, kind="stable")[:most]
    places = [np.unravel_index(place, wrong.shape) for place in order]
    return [(labels[i], labels[j], int(wrong[i, j])) for i, j in places if wrong[i, j]]


def draw_confusion(matrix: Sequence[Sequence[int]], labels: Sequence[str]) -> Any:
    """Draw the matrix: shades are shares of a class's texts, numbers are counts."""
    from matplotlib.figure import Figure  # takes a second to import, at the end of a run

    counts = np.array(matrix)
    shares = counts / counts.sum(1, keepdims=True).clip(min=1)
    size = 3 + 0.45 * min(len(labels), MOST_NAMED)
    figure = Figure(figsize=(size + 0.8, size), layout="constrained")
    axes = figure.subplots()
    image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    figure.colorbar(image, label="share of the class's texts", shrink=0.8)
    axes.set(xlabel="answer", ylabel="class")
    if len(labels) <= MOST_NAMED:
        names = [name if len(name) <= 20 else f"{name[:19]}…" for name in labels]
        axes.set_xticks(range(len(names)), names, rotation=45, ha="right", parse_math=False)
        axes.set_yticks(range(len(names)), names, parse_math=False)
        for row, column in np.ndindex(counts.shape):
            shade = "white" if shares[row, column] > 0.5 else "black"
            axes.text(column, row, f"{counts[row, column]:,}", ha="center", va="center", c=shade)
    return figure


def save_confusion(matrix: Sequence[Sequence[int]], labels: Sequence[str], file: Path) -> None:
    """Write the figure as a picture."""
    with replacing(file) as out:
        draw_confusion(matrix, labels).savefig(out, dpi=150)
