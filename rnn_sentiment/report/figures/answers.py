"""How sure answers are, and which classes are missed."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np

from rnn_sentiment.report.figures.drawing import (
    COLOURS,
    FAINT,
    WIDTH,
    Looks,
    Picture,
    below,
    few,
    panels,
    percent_ticks,
)
from rnn_sentiment.report.predictions import confidence
from rnn_sentiment.report.row import Row

NUM_BINS = 10
MOST_CLASSES = 6


def reliability(rows: list[Row], looks: Looks) -> Picture | None:
    """Share of right answers by the probability that was given for them, a panel for each row."""
    rows = [row for row in rows if row.has_probabilities]
    if not rows:
        return None
    rows, note = few(rows)
    figure, axes = panels(rows)
    for axis, row in zip(axes, rows, strict=True):
        frames = [run.predictions for run in row.runs if run.predictions is not None]
        sure = np.concatenate([confidence(frame) for frame in frames])
        right = np.concatenate([frame["correct"] for frame in frames])
        bins = np.minimum(((sure - 0.5) * 2 * NUM_BINS).astype(int), NUM_BINS - 1).clip(0)
        found = [(sure[bins == b].mean(), right[bins == b].mean()) for b in np.unique(bins)]
        axis.plot([0.5, 1], [0.5, 1], color=FAINT, lw=1)
        colour = looks[row.label]["color"]
        axis.plot(*zip(*found, strict=True), marker="o", markersize=3, color=colour)
        for dimension in (axis.xaxis, axis.yaxis):
            dimension.set_major_formatter(percent_ticks())
    figure.supxlabel("probability given to the answer", fontsize=9)
    figure.supylabel("share of right answers", fontsize=9)
    caption = (
        "On the diagonal, a model that says 80 % is right in 80 % of cases; below it, it is "
        f"overconfident. All seeds together.{note}"
    )
    return Picture("reliability", "Calibration on the test part", caption, figure)


def recalls(rows: list[Row], looks: Looks) -> Picture | None:
    """Share of each class's reviews that are answered right."""
    rows = [row for row in rows if row.correct is not None]
    reviews = rows[0].reviews if rows else None
    if reviews is None or reviews["label"].nunique() > MOST_CLASSES or rows[0].setting.several:
        return None
    rows, note = few(rows)
    figure, axis = plt.subplots(figsize=(WIDTH, 1.2 + 0.3 * len(rows)))
    labels = reviews["label"].to_numpy()
    names = rows[0].classes
    heights = range(len(rows))[::-1]
    for number, label in enumerate(np.unique(labels)):
        name = names[label] if label < len(names) else f"label {label}"
        found = [r.correct[:, labels == label].mean() for r in rows if r.correct is not None]
        marker = "os^Dvp"[number]
        axis.plot(found, heights, marker, color=COLOURS[number], label=name, markersize=5)
    axis.set_yticks(heights, [looks[row.label]["label"] for row in rows])
    axis.xaxis.set_major_formatter(percent_ticks())
    axis.set_xlabel("share of a class's texts that are answered right")
    axis.grid(axis="y", visible=False)
    below(figure, axis)
    caption = (
        f"Points far apart are a model that leans towards one answer. All seeds together.{note}"
    )
    return Picture("recalls", "Right answers by class", caption, figure)
