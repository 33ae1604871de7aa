"""Accuracy against the time of training."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.text import Text
from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter
from matplotlib.transforms import Bbox

from rnn_sentiment.report.figures.drawing import (
    COLOURS,
    FAINT,
    HEIGHT,
    WIDTH,
    Looks,
    Picture,
    below,
    few,
    percent_ticks,
)
from rnn_sentiment.report.measures import MEASURES
from rnn_sentiment.report.row import Row


def pareto(rows: list[Row], looks: Looks) -> Picture | None:
    """Accuracy against seconds of training, with the Pareto front."""
    rows, note = few(rows)
    timed = [(time, row) for row in rows if (time := training_seconds(row)) is not None]
    if len(timed) < 2:
        return None
    figure, axis = plt.subplots(figsize=(WIDTH, HEIGHT + 0.17 * len(timed)))
    times = np.array([time for time, _ in timed])
    scores = np.array([np.mean(row.accuracies) for _, row in timed])
    order = np.lexsort((-scores, times))
    front = [i for n, i in enumerate(order) if scores[i] > max(scores[order[:n]], default=-1.0)]
    axis.plot(times[front], scores[front], color=FAINT, lw=1, drawstyle="steps-post", zorder=1)
    for i, (_, row) in enumerate(timed):
        name = f"{i + 1}. {looks[row.label]['label']}"
        axis.scatter(times[i], scores[i], s=22, color=COLOURS[i not in front], label=name)
    axis.set_xscale("log")
    axis.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axis.xaxis.set_minor_formatter(NullFormatter())
    axis.margins(x=0.25)
    axis.yaxis.set_major_formatter(percent_ticks())
    axis.set(xlabel="seconds of training until the best epoch", ylabel="test accuracy")
    below(figure, axis)
    numbers = [str(i + 1) for i in range(len(timed))]
    label_points(axis, np.stack([times, scores], axis=1), numbers)
    caption = (
        "Nothing is both faster and more accurate than the architectures on the grey line (blue). "
        f"Mean accuracy and median time over seeds.{note}"
    )
    return Picture("pareto", "Accuracy against training time", caption, figure)


def label_points(axis: Axes, points: np.ndarray, labels: Sequence[str]) -> None:
    """Write labels beside points `(N, 2)`, each where it overlaps the others least."""
    axis.figure.draw_without_rendering()  # type: ignore[union-attr]  # places are known after it
    taken = [Bbox.from_bounds(x - 4, y - 4, 8, 8) for x, y in axis.transData.transform(points)]
    for point, label in zip(points, labels, strict=True):
        tried: list[tuple[int, int, Text, Any]] = []
        for dx, dy in product((5, -5), (4, -9, 13, -18)):
            text = axis.annotate(
                label,
                tuple(point),
                xytext=(dx, dy),
                textcoords="offset points",
                ha="left" if dx > 0 else "right",
                fontsize=7,
            )
            box = text.get_window_extent()
            tried.append((box.count_overlaps(taken), len(tried), text, box))
        best = min(tried, key=lambda one: one[:2])
        for one in tried:
            if one is not best:
                one[2].remove()
        taken.append(best[3])


def training_seconds(row: Row) -> float | None:
    """Median over seeds of the seconds of training until the best epoch."""
    seconds = [MEASURES["seconds_per_epoch"](run) for run in row.runs]
    epochs = [MEASURES["best_epoch"](run) for run in row.runs]
    known = [s * e for s, e in zip(seconds, epochs, strict=True) if s and e]
    return float(np.median(known)) if known else None
