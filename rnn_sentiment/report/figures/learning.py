"""What happens in training: learning curves, and how far gradients reach back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

from rnn_sentiment.report.figures.drawing import WIDE, Looks, Picture, below, few
from rnn_sentiment.report.grouping import Row
from rnn_sentiment.report.measures import curve


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
            band(axis, [curve(run, name) for run in row.runs], looks[row.label])
        axis.set(xlabel="epoch", ylabel=label)
        axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    below(figure, axes[0])
    caption = f"Means over seeds; bands reach from the lowest to the highest seed.{note}"
    return Picture("curves", "Learning curves", caption, figure)


def band(axis: Axes, curves: Sequence[np.ndarray], look: dict[str, Any]) -> None:
    """Mean and range of curves, as far as all of them reach."""
    length = min(len(values) for values in curves)
    if not length:
        return
    values = np.stack([one[:length] for one in curves])
    epochs = np.arange(1, length + 1)
    axis.plot(epochs, values.mean(0), marker="." if length < 12 else "", **look)
    axis.fill_between(epochs, values.min(0), values.max(0), color=look["color"], alpha=0.15, lw=0)


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
    figure, axes = plt.subplots(1, 2, figsize=WIDE, sharey=True)
    for axis, when, title in zip(axes, (0, -1), ("before training", "at the end"), strict=True):
        for row in rows:
            flows = [
                np.array(run.gradient_flow.norm[when]) for run in row.runs if run.gradient_flow
            ]
            length = min(map(len, flows))
            logs = np.log(np.stack([flow[:length] for flow in flows]).clip(1e-30))
            axis.plot(range(length), np.exp(logs.mean(0)), **looks[row.label])
        axis.set(xlabel="tokens from the end of the review", title=title, yscale="log")
        axis.yaxis.set_major_formatter(StrMethodFormatter("{x:.0e}"))
    axes[0].set_ylabel("norm of the gradient")
    bottom = axes[0].get_ylim()[0]
    axes[0].set_ylim(max(bottom, 1e-12))
    below(figure, axes[0])
    caption = f"Geometric means over seeds, on reviews of the validation part.{note}"
    return Picture("gradients", "How far gradients reach back", caption, figure)
