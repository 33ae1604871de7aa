"""How sure answers are, and which classes are mistaken for which."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np

from rnn_sentiment.report.figures.drawing import NARROW, WIDE, Looks, Picture, below, few
from rnn_sentiment.report.grouping import Row
from rnn_sentiment.report.predictions import confidence
from rnn_sentiment.storage import printable

NUM_BINS = 10


def reliability(rows: list[Row], looks: Looks) -> Picture | None:
    """Share of right answers by the probability that was given for them."""
    rows = [row for row in rows if row.has_probabilities]
    if not rows:
        return None
    rows, note = few(rows)
    figure, axis = plt.subplots(figsize=NARROW)
    axis.plot([0.5, 1], [0.5, 1], color="#999999", lw=1)
    for row in rows:
        frames = [run.predictions for run in row.runs if run.predictions is not None]
        sure = np.concatenate([confidence(frame) for frame in frames])
        right = np.concatenate([frame["correct"] for frame in frames])
        bins = np.minimum(((sure - 0.5) * 2 * NUM_BINS).astype(int), NUM_BINS - 1).clip(0)
        found = [(sure[bins == b].mean(), right[bins == b].mean()) for b in np.unique(bins)]
        axis.plot(*zip(*found, strict=True), marker="o", markersize=3, **looks[row.label])
    axis.set(xlabel="probability given to the answer", ylabel="share of right answers")
    below(figure, axis)
    caption = (
        f"On the diagonal, probabilities are right; below it, the model is overconfident.{note}"
    )
    return Picture("reliability", "Calibration on the test part", caption, figure)


def confusion(rows: list[Row], looks: Looks) -> Picture | None:
    """Shares of each class that are answered with each class."""
    rows = [row for row in rows if row.correct is not None]
    if not rows:
        return None
    rows, note = few(rows)
    columns = min(4, len(rows))
    lines = -(-len(rows) // columns)
    figure, axes = plt.subplots(lines, columns, figsize=(WIDE[0], 2.1 * lines), squeeze=False)
    for axis in axes.flat[len(rows) :]:
        axis.set_axis_off()
    for axis, row in zip(axes.flat, rows, strict=False):
        frames = [run.predictions for run in row.runs if run.predictions is not None]
        labels = np.concatenate([frame["label"] for frame in frames])
        answers = np.concatenate([frame["predicted"] for frame in frames])
        num = int(max(labels.max(), answers.max())) + 1
        counts = np.bincount(labels * num + answers, minlength=num * num).reshape(num, num)
        shares = counts / counts.sum(1, keepdims=True).clip(1)
        axis.imshow(shares, cmap="Blues", vmin=0, vmax=1)
        axis.set_title(looks[row.label]["label"], fontsize=8)
        names = [printable(name) for name in row.runs[0].results.classes]
        names = names if len(names) == num else [str(label) for label in range(num)]
        axis.set_xticks(range(num), names)
        axis.set_yticks(range(num), names, rotation=90, va="center")
        axis.set(xlabel="answer", ylabel="label")
        axis.grid(visible=False)
        if num <= 5:
            for (i, j), share in np.ndenumerate(shares):
                ink = "white" if share > 0.5 else "black"
                axis.text(j, i, f"{100 * share:.1f}", ha="center", va="center", color=ink)
    caption = f"Percent of the reviews of each label; all seeds together.{note}"
    return Picture("confusion", "Confusion", caption, figure)
