"""Learning curves, and how far gradients reach back."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

from rnn_sentiment.report.figures.drawing import (
    FAINT,
    HEIGHT,
    WIDTH,
    Looks,
    Picture,
    below,
    few,
    panels,
    percent_ticks,
)
from rnn_sentiment.report.loading import Run
from rnn_sentiment.report.measures import curve
from rnn_sentiment.report.row import Row


def accuracy_curves(rows: list[Row], looks: Looks) -> Picture | None:
    """Validation accuracy by epoch, a panel for each row."""
    note = "Higher is better; a fall after the best epoch is overfitting."
    return curves(rows, looks, "val/accuracy", "validation accuracy", note)


def loss_curves(rows: list[Row], looks: Looks) -> Picture | None:
    """Validation loss by epoch, a panel for each row."""
    note = "Where it rises while accuracy stays, the model becomes more certain of its mistakes."
    return curves(rows, looks, "val/loss", "validation loss, nats", note)


def curves(rows: list[Row], looks: Looks, name: str, title: str, note: str) -> Picture | None:
    """A column of the history by epoch: a line for each seed, and all other rows in grey."""
    rows = [row for row in rows if any(len(curve(run, name)) > 1 for run in row.runs)]
    if not rows:
        return None
    rows, left = few(rows)
    figure, axes = panels(rows)
    means = [mean_curve(row.runs, name) for row in rows]
    for axis, row in zip(axes, rows, strict=True):
        for mean in means:
            axis.plot(np.arange(1, len(mean) + 1), mean, color=FAINT, lw=0.5, alpha=0.6)
        for run in row.runs:
            values = curve(run, name)
            epochs = np.arange(1, len(values) + 1)
            axis.plot(epochs, values, color=looks[row.label]["color"], lw=1.1)
        axis.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=5))
        if "accuracy" in name:
            axis.yaxis.set_major_formatter(percent_ticks())
    figure.supxlabel("epoch", fontsize=9)
    caption = f"A line is a seed; grey lines are the means of the other rows. {note}{left}"
    return Picture(
        name.replace("val/", "validation_"), title.capitalize().split(",")[0], caption, figure
    )


def mean_curve(runs: Sequence[Run], name: str) -> np.ndarray:
    """Mean over seeds, up to the last epoch of the shortest."""
    found = [curve(run, name) for run in runs]
    length = min(map(len, found))
    return np.asarray(np.stack([values[:length] for values in found]).mean(0))


def gradients(rows: list[Row], looks: Looks) -> Picture | None:
    """Norm of the gradient at the embedded words of recurrent models, by distance from the end."""
    rows = [
        row
        for row in rows
        if any(run.gradient_flow and "model.layers.cell" in run.config for run in row.runs)
    ]
    if not rows:
        return None
    rows, note = few(rows)
    figure, axes = plt.subplots(2, 1, figsize=(WIDTH, 1.5 * HEIGHT), sharex=True, sharey=True)
    for axis, when, title in zip(axes, (0, -1), ("before training", "at the end"), strict=True):
        for row in rows:
            flows = [
                np.array(run.gradient_flow.norm[when]) for run in row.runs if run.gradient_flow
            ]
            length = min(map(len, flows))
            logs = np.log(np.stack([flow[:length] for flow in flows]).clip(1e-30))
            axis.plot(range(length), np.exp(logs.mean(0)), **looks[row.label])
        axis.set(title=title, yscale="log", ylabel="norm of the gradient")
        axis.yaxis.set_major_formatter(StrMethodFormatter("{x:.0e}"))
    axes[1].set_xlabel("tokens from the end of the text")
    axes[0].set_ylim(max(axes[0].get_ylim()[0], 1e-12))
    below(figure, axes[0])
    caption = (
        "A line that falls steeply is a network that learns nothing from words further back. "
        f"Geometric means over seeds, on texts of the validation part.{note}"
    )
    return Picture("gradients", "How far gradients reach back", caption, figure)
