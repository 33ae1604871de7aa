"""Reliability diagrams, and recall by class."""

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
    """Share of right answers by their probability, a panel for each row."""
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
    """Recall of each class, or of each of several labels."""
    rows = [row for row in rows if row.correct is not None]
    found = [recalls_of(row) for row in rows]
    names = list(dict.fromkeys(name for one in found for name in one))
    if not names or len(names) > MOST_CLASSES:
        return None
    rows, note = few(rows)
    what = "label" if rows[0].setting.several else "class"
    figure, axis = plt.subplots(figsize=(WIDTH, 1.2 + 0.3 * len(rows)))
    heights = range(len(rows))[::-1]
    for name, marker, colour in zip(names, "os^Dvp", COLOURS, strict=False):
        shares = [one.get(name, float("nan")) for one in found[: len(rows)]]
        axis.plot(shares, heights, marker, color=colour, label=name, markersize=5)
    axis.set_yticks(heights, [looks[row.label]["label"] for row in rows])
    axis.xaxis.set_major_formatter(percent_ticks())
    axis.set_xlabel("recall")
    axis.grid(axis="y", visible=False)
    below(figure, axis)
    meaning = (
        "leans towards one answer" if what == "class" else "misses some labels more than others"
    )
    caption = (
        f"Recall is the share of a {what}'s texts that the model finds. Points far apart "
        f"mean that it {meaning}. All seeds together.{note}"
    )
    return Picture("recalls", f"Recall by {what}", caption, figure)


def recalls_of(row: Row) -> dict[str, float]:
    """Recall of each class or label in the test part, by name; mean over seeds."""
    assert row.reviews is not None
    labels = row.reviews["label"].to_numpy()
    frames = [run.predictions for run in row.runs if run.predictions is not None]
    predicted = np.stack([frame["predicted"].to_numpy() for frame in frames])
    found = {}
    for number in range(63) if row.setting.several else np.unique(labels):
        has, given = (
            answer >> number & 1 == 1 if row.setting.several else answer == number
            for answer in (labels, predicted)
        )
        if has.any():
            name = row.classes[number] if number < len(row.classes) else f"label {number}"
            found[name] = float(given[:, has].mean())
    return found
