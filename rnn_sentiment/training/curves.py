"""Learning curves as a picture."""

from __future__ import annotations

from pathlib import Path

from rnn_sentiment.storage import replacing


def plot_curves(history: list[dict[str, float]], best: dict[str, float], file: Path) -> None:
    """Draw loss and accuracy of training and validation by epoch.

    Args:
        history: a row of logged metrics for each epoch.
        best: the row whose checkpoint is kept; it is marked.
        file: the picture to write.
    """
    from matplotlib.figure import Figure  # takes a second to import, at the end of a run

    figure = Figure(figsize=(9, 3.6), layout="constrained")
    epochs = [row["epoch"] + 1 for row in history]
    for axes, metric in zip(figure.subplots(1, 2), ("loss", "accuracy"), strict=True):
        for part, label, colour in (
            ("train", "training (dropout on)", "#0072b2"),
            ("val", "validation", "#d55e00"),
        ):
            axes.plot(
                epochs, [r[f"{part}/{metric}"] for r in history], "o-", color=colour, label=label
            )
        axes.axvline(best["epoch"] + 1, color="0.6", linestyle=":", label="kept checkpoint")
        axes.set(xlabel="epoch", ylabel=metric, xticks=epochs)
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(axis="y", color="0.9")
    axes.legend(frameon=False)
    with replacing(file) as out:
        figure.savefig(out, dpi=150)
