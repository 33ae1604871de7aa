"""Figures as SVG files that are the same whenever the data are."""

from __future__ import annotations

from pathlib import Path

import matplotlib.pyplot as plt
from matplotlib.figure import Figure


def save(figure: Figure, file: Path) -> None:
    """Write a figure and close it."""
    with plt.rc_context({"svg.fonttype": "none", "svg.hashsalt": "rnn_sentiment"}):
        figure.savefig(file, metadata={"Date": None})
    plt.close(figure)
