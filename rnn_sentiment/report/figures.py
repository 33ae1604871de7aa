"""The figures of a report: rows of runs as pictures that a journal would take."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle, product
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import (
    LogLocator,
    MaxNLocator,
    NullFormatter,
    PercentFormatter,
    StrMethodFormatter,
)
from matplotlib.transforms import Bbox

from rnn_sentiment.report.grouping import Row
from rnn_sentiment.report.loading import printable
from rnn_sentiment.report.measures import MEASURES, NUM_FIFTHS, curve, length_fifths
from rnn_sentiment.report.statistics import mean_interval

MOST = 8  # rows in one picture, the best ones; more cannot be told apart
NUM_BINS = 10
WIDE, NARROW = (7.2, 3.4), (5.2, 3.4)  # inches

# Okabe and Ito's palette, which people with any colour vision can tell apart, and line styles for
# print in grey.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000", "#7F7F7F")
STYLES = ("-", "--", "-.", ":")
Looks = dict[str, dict[str, Any]]  # what a row is drawn with, by its label


@dataclass(frozen=True)
class Picture:
    """A figure with the words around it."""

    name: str
    title: str
    caption: str
    figure: Figure


@contextmanager
def style() -> Iterator[None]:
    """Type and lines of all figures."""
    settings: dict[Any, Any] = {
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "axes.axisbelow": True,
        "grid.color": "#E5E5E5",
        "grid.linewidth": 0.6,
        "font.size": 9,
        "legend.frameon": False,
        "lines.linewidth": 1.6,
        "figure.constrained_layout.use": True,
        "svg.fonttype": "none",
        "svg.hashsalt": "rnn_sentiment",  # the same runs give the same file
        "text.parse_math": False,  # a run's name is no formula
    }
    with plt.rc_context(settings):
        yield


def draw(rows: Sequence[Row]) -> list[Picture]:
    """All figures that the rows of one setting have data for."""
    with style():
        pictures = [paint(list(rows), looks(rows)) for paint in PAINTERS]
    return [picture for picture in pictures if picture is not None]


def looks(rows: Sequence[Row]) -> Looks:
    """A colour and a line style for each row, the same in all figures."""
    pairs = zip(cycle(COLOURS), cycle(STYLES), strict=False)
    return {
        row.label: {"color": colour, "linestyle": line}
        for row, (colour, line) in zip(rows, pairs, strict=False)
    }


def few(rows: Sequence[Row]) -> tuple[list[Row], str]:
    """The rows that fit into one picture, and a sentence on the others."""
    left = len(rows) - MOST
    note = f" The {MOST} most accurate of {len(rows)} are shown." if left > 0 else ""
    return list(rows[:MOST]), note


def accuracies(rows: list[Row], looks: Looks) -> Picture:
    """A point for each seed, and the interval of each mean."""
    figure, axis = plt.subplots(figsize=(WIDE[0], 1.0 + 0.32 * len(rows)))
    for height, row in enumerate(reversed(rows)):
        values = [run.test[0].accuracy for run in row.runs]
        found = mean_interval(values)
        if found.known:
            axis.plot([found.low, found.high], [height] * 2, color="#999999", zorder=1)
        axis.plot(found.value, height, "|", color="black", markersize=11, zorder=2)
        axis.scatter(values, [height] * len(values), s=16, color=COLOURS[0], zorder=3)
    axis.set_yticks(range(len(rows)), [row.label for row in reversed(rows)])
    values = [run.test[0].accuracy for row in rows for run in row.runs]
    room = max(0.01, 0.25 * (max(values) - min(values)))
    axis.set_xlim(max(0, min(values) - room), min(1, max(values) + room))
    axis.xaxis.set_major_formatter(PercentFormatter(1, decimals=None))
    axis.set_xlabel("test accuracy")
    axis.grid(axis="y", visible=False)
    caption = (
        "A point is a run, a bar the mean over seeds, a line its 95 % interval (Student's t; cut "
        "at the edge where few seeds make it wide)."
    )
    return Picture("accuracy", "Test accuracy", caption, figure)


def learning_curves(rows: list[Row], looks: Looks) -> Picture | None:
    """Validation accuracy and loss by epoch, with the range over seeds."""
    names = {"val/accuracy": "validation accuracy", "val/loss": "validation loss, nats"}
    rows = [row for row in rows if any(len(curve(run, "val/loss")) > 1 for run in row.runs)]
    if not rows:
        return None
    rows, note = few(rows)
    figure, axes = plt.subplots(1, 2, figsize=WIDE)
    for axis, (name, label) in zip(axes, names.items(), strict=True):
        for row in rows:
            band(axis, [curve(run, name) for run in row.runs], row.label, looks[row.label])
        axis.set(xlabel="epoch", ylabel=label)
        axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    below(figure, axes[0])
    caption = f"Means over seeds; bands reach from the lowest to the highest seed.{note}"
    return Picture("curves", "Learning curves", caption, figure)


def band(axis: Axes, curves: Sequence[np.ndarray], label: str, look: dict[str, Any]) -> None:
    """Mean and range of curves, as far as all of them reach."""
    length = min(len(values) for values in curves)
    if not length:
        return
    values = np.stack([one[:length] for one in curves])
    epochs = np.arange(1, length + 1)
    axis.plot(epochs, values.mean(0), label=label, marker="." if length < 12 else "", **look)
    axis.fill_between(epochs, values.min(0), values.max(0), color=look["color"], alpha=0.15, lw=0)


def lengths(rows: list[Row], looks: Looks) -> Picture | None:
    """Accuracy in fifths of the test reviews by length."""
    rows = [row for row in rows if row.correct is not None]
    if not rows:
        return None
    rows, note = few(rows)
    figure, axis = plt.subplots(figsize=NARROW)
    reviews = rows[0].reviews
    assert reviews is not None
    fifths = length_fifths(reviews)
    places = [reviews["length"].to_numpy()[fifths == k] for k in range(NUM_FIFTHS)]
    for row in rows:
        assert row.correct is not None
        by_fifth = [row.correct[:, fifths == k].mean(1) for k in range(NUM_FIFTHS)]
        means = [values.mean() for values in by_fifth]
        axis.plot(
            range(NUM_FIFTHS), means, marker="o", markersize=4, label=row.label, **looks[row.label]
        )
        spread = [values.min() for values in by_fifth], [values.max() for values in by_fifth]
        axis.fill_between(
            range(NUM_FIFTHS), *spread, color=looks[row.label]["color"], alpha=0.12, lw=0
        )
    axis.set_xticks(range(NUM_FIFTHS), [f"{p.min():,} to\n{p.max():,}" for p in places])
    axis.yaxis.set_major_formatter(PercentFormatter(1, decimals=None))
    axis.set(xlabel="tokens of the review, in fifths of the test part", ylabel="test accuracy")
    below(figure, axis)
    caption = f"Means over seeds; bands reach from the lowest to the highest seed.{note}"
    return Picture("lengths", "Accuracy by review length", caption, figure)


def pareto(rows: list[Row], looks: Looks) -> Picture | None:
    """Accuracy against seconds of training, and the front that nothing beats in both."""
    timed = [(time, row) for row in rows if (time := training_seconds(row)) is not None]
    if len(timed) < 2:
        return None
    figure, axis = plt.subplots(figsize=NARROW)
    times = np.array([time for time, _ in timed])
    scores = np.array([np.mean([run.test[0].accuracy for run in row.runs]) for _, row in timed])
    order = np.lexsort((-scores, times))
    front = [i for n, i in enumerate(order) if scores[i] > max(scores[order[:n]], default=-1.0)]
    axis.plot(times[front], scores[front], color="#999999", lw=1, drawstyle="steps-post", zorder=1)
    axis.scatter(times, scores, s=22, color=[COLOURS[i not in front] for i in range(len(timed))])
    axis.set_xscale("log")
    axis.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axis.xaxis.set_minor_formatter(NullFormatter())
    axis.margins(x=0.25)
    axis.yaxis.set_major_formatter(PercentFormatter(1, decimals=None))
    axis.set(xlabel="seconds of training until the best epoch", ylabel="test accuracy")
    label_points(axis, np.stack([times, scores], axis=1), [row.label for _, row in timed])
    caption = (
        "Nothing is both quicker and more accurate than what stands on the grey front (blue). "
        "Means of accuracy, medians of time over seeds."
    )
    return Picture("pareto", "Accuracy against training time", caption, figure)


def label_points(axis: Axes, points: np.ndarray, labels: Sequence[str]) -> None:
    """Write labels beside points `(N, 2)`, where each covers least of points and other labels."""
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


def reliability(rows: list[Row], looks: Looks) -> Picture | None:
    """Share of right answers by the probability that was given for them."""
    rows = [row for row in rows if row.has_probabilities]
    if not rows:
        return None
    rows, note = few(rows)
    figure, axis = plt.subplots(figsize=NARROW)
    axis.plot([0.5, 1], [0.5, 1], color="#999999", lw=1)
    for row in rows:
        frames = [run.predictions for run in row.runs]
        sure = np.concatenate([confidence(frame) for frame in frames])
        right = np.concatenate([frame["correct"] for frame in frames if frame is not None])
        bins = np.minimum(((sure - 0.5) * 2 * NUM_BINS).astype(int), NUM_BINS - 1).clip(0)
        found = [(sure[bins == b].mean(), right[bins == b].mean()) for b in np.unique(bins)]
        axis.plot(
            *zip(*found, strict=True), marker="o", markersize=3, label=row.label, **looks[row.label]
        )
    axis.set(xlabel="probability given to the answer", ylabel="share of right answers")
    below(figure, axis)
    caption = f"On the diagonal, probabilities mean what they say; below it, too much.{note}"
    return Picture("reliability", "Calibration on the test part", caption, figure)


def confidence(frame: Any) -> np.ndarray:
    """Probability of the predicted class, `(N,)`."""
    shares = frame.filter(regex=r"^probability_\d+$").to_numpy(float)
    if shares.shape[1]:
        return np.asarray(shares.max(1))
    return np.asarray(np.maximum(frame["probability"], 1 - frame["probability"]), float)


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
        axis.set_title(row.label, fontsize=8)
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


def gradients(rows: list[Row], looks: Looks) -> Picture | None:
    """Norm of the gradient at the embedded words of recurrent models, by distance from the end."""
    rows = [
        row
        for row in rows
        if any(run.gradient_flow and "model.cell" in run.config for run in row.runs)
    ]
    if not rows:
        return None
    rows, note = few(rows)
    figure, axes = plt.subplots(1, 2, figsize=WIDE, sharey=True)
    for axis, when, title in zip(axes, (0, -1), ("before training", "at the end"), strict=True):
        for row in rows:
            flows = [
                np.array(run.gradient_flow.norm[when]) for run in row.runs if run.gradient_flow
            ]
            length = min(map(len, flows))
            logs = np.log(np.stack([flow[:length] for flow in flows]).clip(1e-30))
            axis.plot(range(length), np.exp(logs.mean(0)), label=row.label, **looks[row.label])
        axis.set(xlabel="tokens from the end of the review", title=title, yscale="log")
        axis.yaxis.set_major_formatter(StrMethodFormatter("{x:.0e}"))
    axes[0].set_ylabel("norm of the gradient")
    bottom = axes[0].get_ylim()[0]
    axes[0].set_ylim(max(bottom, 1e-12))
    below(figure, axes[0])
    caption = f"Geometric means over seeds, on reviews of the validation part.{note}"
    return Picture("gradients", "How far gradients reach back", caption, figure)


def below(figure: Figure, axis: Axes) -> None:
    """Put the legend of one of its axes under a figure."""
    handles, labels = axis.get_legend_handles_labels()
    width = 0.6 + 0.065 * max(map(len, labels), default=0)  # inches of a column in this type
    columns = min(4, max(1, int(figure.get_figwidth() / width)))
    figure.legend(handles, labels, loc="outside lower center", ncols=columns, fontsize=8)


PAINTERS: tuple[Callable[[list[Row], Looks], Picture | None], ...] = (
    accuracies,
    pareto,
    learning_curves,
    lengths,
    reliability,
    gradients,
    confusion,
)
