"""Accuracy by seed, differences with their intervals, and accuracy by the length of reviews."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.pyplot as plt
from matplotlib.ticker import MaxNLocator

from rnn_sentiment.report.figures.drawing import (
    COLOURS,
    FAINT,
    INK,
    WIDTH,
    Looks,
    Picture,
    few,
    panels,
    percent_ticks,
    short,
)
from rnn_sentiment.report.measures import NUM_FIFTHS, length_fifths
from rnn_sentiment.report.row import Row
from rnn_sentiment.report.verdicts import Verdict, centre

LINE = 0.3  # inches that a row takes
MOST_DIFFERENCES = 20


def accuracies(rows: list[Row], looks: Looks) -> Picture:
    """A point for each seed, and the interval of each mean."""
    figure, axis = plt.subplots(figsize=(WIDTH, 0.9 + LINE * len(rows)))
    for height, row in enumerate(reversed(rows)):
        values, found = row.accuracies, row.accuracy
        if found.known:
            axis.plot([found.low, found.high], [height] * 2, color=FAINT, zorder=1)
        axis.plot(found.value, height, "|", color=INK, markersize=11, zorder=2)
        axis.scatter(values, [height] * len(values), s=12, color=COLOURS[0], zorder=3)
    axis.set_yticks(range(len(rows)), [looks[row.label]["label"] for row in reversed(rows)])
    seen = [value for row in rows for value in row.accuracies]
    room = max(0.01, 0.25 * (max(seen) - min(seen)))
    axis.set_xlim(max(0, min(seen) - room), min(1, max(seen) + room))
    axis.xaxis.set_major_locator(MaxNLocator(nbins=5))
    axis.xaxis.set_major_formatter(percent_ticks())
    axis.set_xlabel("test accuracy")
    axis.grid(axis="y", visible=False)
    caption = (
        "A point is a run, a bar the mean over seeds, a line its 95 % interval for fresh seeds and "
        "other texts (cut at the edge where few seeds make it wide)."
    )
    return Picture("accuracy", "Test accuracy by seed", caption, figure)


def forest(verdicts: Sequence[Verdict], number: int) -> Picture | None:
    """Differences of a family's best row, or the baseline, from the others, with intervals."""
    judged = [v for v in verdicts if v.estimate.known]
    if not judged:
        return None
    central = centre(judged)
    shown = [v for v in judged if central in (v.a.label, v.b.label)][:MOST_DIFFERENCES]
    figure, axis = plt.subplots(figsize=(WIDTH, 0.9 + LINE * len(shown)))
    names = []
    for height, verdict in enumerate(reversed(shown)):
        sign = 1 if verdict.a.label == central else -1
        other = verdict.b if sign == 1 else verdict.a
        names.append(short(other.name))
        ends = [100 * sign * end for end in (verdict.estimate.low, verdict.estimate.high)]
        colour = COLOURS[0] if verdict.outcome == "better" else FAINT
        axis.plot(ends, [height] * 2, color=colour)
        axis.plot(100 * sign * verdict.estimate.value, height, "o", color=colour, markersize=5)
    margin = 100 * shown[0].margin
    axis.axvspan(-margin, margin, color=FAINT, alpha=0.15, lw=0)
    axis.axvline(0, color=INK, lw=0.8)
    axis.set_yticks(range(len(shown)), names)
    axis.set_ylim(-0.6, len(shown) - 0.4)
    axis.grid(axis="y", visible=False)
    name = next(row.name for v in shown for row in (v.a, v.b) if row.label == central)
    axis.set_xlabel("points of test accuracy")
    caption = (
        f"{name} − each of the others. Intervals hold simultaneously with 95 % confidence; blue "
        "ones exclude zero. Differences within the grey band do not matter."
    )
    return Picture(
        f"differences{number or ''}", f"{short(name)} against the others", caption, figure
    )


def lengths(rows: list[Row], looks: Looks) -> Picture | None:
    """Accuracy in fifths of the test reviews by length, a panel for each row."""
    rows = [row for row in rows if row.correct is not None]
    reviews = rows[0].reviews if rows else None
    if reviews is None or len(reviews) < NUM_FIFTHS:
        return None
    rows, note = few(rows)
    figure, axes = panels(rows)
    fifths = length_fifths(reviews)
    places = [reviews["length"].to_numpy()[fifths == k] for k in range(NUM_FIFTHS)]
    by_row = {
        row.label: [row.correct[:, fifths == k].mean(1) for k in range(NUM_FIFTHS)]
        for row in rows
        if row.correct is not None
    }
    for axis, row in zip(axes, rows, strict=True):
        for values in by_row.values():
            axis.plot([v.mean() for v in values], color=FAINT, lw=0.5, alpha=0.6)
        own, colour = by_row[row.label], looks[row.label]["color"]
        axis.plot([v.mean() for v in own], color=colour, marker="o", markersize=3)
        spread = [v.min() for v in own], [v.max() for v in own]
        axis.fill_between(range(NUM_FIFTHS), *spread, color=colour, alpha=0.15, lw=0)
        axis.set_xticks(range(NUM_FIFTHS), [f"{p.max():,}" for p in places])
        axis.yaxis.set_major_formatter(percent_ticks())
    figure.supxlabel("tokens of the text, up to (fifths of the test part)", fontsize=9)
    caption = (
        "A line that falls is a model that loses the thread of long texts. Means over seeds, "
        f"with bands from the lowest to the highest; grey lines are the other rows.{note}"
    )
    return Picture("lengths", "Test accuracy by text length", caption, figure)
