"""Common style of a report's figures: type, colours, line styles and legends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path
from matplotlib.ticker import PercentFormatter

from rnn_sentiment.report.row import Row

MOST = 8  # rows in one picture, the best ones; with more, lines hide each other
WIDEST = 220  # points that a label may take in the figures' type
FONT_SIZE = 9
WIDTH, HEIGHT = 4.8, 3.4  # inches; type is then read on a telephone, and fills half a desk's screen
PANEL = 1.5  # inches that a row of small multiples takes
INK, FAINT, GRID = "#1b1b1b", "#999999", "#e5e5e5"
# What the darker scheme of a page turns them into; other colours are read on both grounds.
DARK = {INK: "#ececec", FAINT: "#8d9299", GRID: "#3b3f45"}

# Okabe and Ito's palette, which people with any colour vision can distinguish, and line styles for
# print in grey.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#7F7F7F", "#A6761D")
STYLES = ("-", "--", "-.", ":")
Looks = dict[str, dict[str, Any]]  # what a row is drawn with, by its label


@dataclass(frozen=True)
class Picture:
    """A figure with its title and caption."""

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
        "axes.edgecolor": INK,
        "axes.labelcolor": INK,
        "text.color": INK,
        "xtick.color": INK,
        "ytick.color": INK,
        "axes.titlesize": 8,
        "savefig.transparent": True,
        "grid.color": GRID,
        "grid.linewidth": 0.6,
        "font.size": FONT_SIZE,
        "legend.frameon": False,
        "lines.linewidth": 1.6,
        "figure.constrained_layout.use": True,
        "svg.fonttype": "none",
        "svg.hashsalt": "rnn_sentiment",  # the same runs give the same file
        "text.parse_math": False,  # a run's name is no formula
    }
    with plt.rc_context(settings):
        yield


def percent_ticks() -> PercentFormatter:
    """Write the ticks of an axis of shares in percent, as in tables and sentences."""
    return PercentFormatter(1, decimals=None, symbol=" %")


def looks(rows: Sequence[Row]) -> Looks:
    """A colour, a line style and a short label for each row, the same in all figures."""
    pairs = zip(cycle(COLOURS), cycle(STYLES), strict=False)
    return {
        row.label: {"color": colour, "linestyle": line, "label": short(row.name)}
        for row, (colour, line) in zip(rows, pairs, strict=False)
    }


def short(label: str) -> str:
    """A label that leaves room for the figure; wide ones are shortened in the middle."""
    kept, found = len(label), label
    while points_of(found) > WIDEST:
        kept -= 1
        found = f"{label[: (kept + 1) // 2]}…{label[len(label) - kept // 2 :]}"
    return found


def points_of(label: str) -> float:
    """The width of a label in the figures' type."""
    width: float = text_to_path.get_text_width_height_descent(
        label, FontProperties(size=FONT_SIZE), ismath=False
    )[0]
    return width


def few(rows: Sequence[Row]) -> tuple[list[Row], str]:
    """The rows that fit into one picture, and a sentence on the others."""
    left = len(rows) - MOST
    note = f" The {MOST} most accurate of {len(rows)} are shown." if left > 0 else ""
    return list(rows[:MOST]), note


def panels(rows: Sequence[Row], num_columns: int = 2) -> tuple[Figure, list[Axes]]:
    """A panel for each row, with common axes: small multiples."""
    lines = -(-len(rows) // num_columns)
    figure, axes = plt.subplots(
        lines,
        num_columns,
        figsize=(WIDTH, 0.6 + PANEL * lines),
        sharex=True,
        sharey=True,
        squeeze=False,
    )
    for axis in axes.flat[len(rows) :]:
        axis.set_axis_off()
    for axis, row in zip(axes.flat, rows, strict=False):
        axis.set_title(short(row.name), loc="left")
    for axis in axes.flat[max(0, len(rows) - num_columns) : len(rows)]:
        axis.xaxis.set_tick_params(labelbottom=True)
    return figure, list(axes.flat[: len(rows)])


def follow_scheme(svg: str) -> str:
    """Adapt text and grid of an SVG to the reader's light or dark scheme."""
    rules = "".join(
        f'[style*="{kind}: {light}"]{{{kind}:{dark}!important}}'
        for light, dark in DARK.items()
        for kind in ("fill", "stroke")
    )
    style = f"<style>@media (prefers-color-scheme:dark){{{rules}}}</style>"
    return svg.replace("<defs>", f"{style}<defs>", 1)


def below(figure: Figure, axis: Axes) -> None:
    """Put the legend of one of a figure's axes below the figure."""
    handles, labels = axis.get_legend_handles_labels()
    width = 0.6 + 0.065 * max(map(len, labels), default=0)  # inches of a column in this type
    columns = min(4, max(1, int(figure.get_figwidth() / width)))
    figure.legend(handles, labels, loc="outside lower center", ncols=columns, fontsize=8)
