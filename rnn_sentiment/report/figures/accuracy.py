"""Accuracy by seed, and by the length of reviews."""

from __future__ import annotations

import matplotlib.pyplot as plt
from matplotlib.ticker import PercentFormatter

from rnn_sentiment.report.figures.drawing import COLOURS, NARROW, WIDE, Looks, Picture, below, few
from rnn_sentiment.report.grouping import Row
from rnn_sentiment.report.measures import NUM_FIFTHS, length_fifths


def accuracies(rows: list[Row], looks: Looks) -> Picture:
    """A point for each seed, and the interval of each mean."""
    figure, axis = plt.subplots(figsize=(WIDE[0], 1.0 + 0.32 * len(rows)))
    for height, row in enumerate(reversed(rows)):
        values, found = row.accuracies, row.accuracy
        if found.known:
            axis.plot([found.low, found.high], [height] * 2, color="#999999", zorder=1)
        axis.plot(found.value, height, "|", color="black", markersize=11, zorder=2)
        axis.scatter(values, [height] * len(values), s=16, color=COLOURS[0], zorder=3)
    axis.set_yticks(range(len(rows)), [looks[row.label]["label"] for row in reversed(rows)])
    seen = [value for row in rows for value in row.accuracies]
    room = max(0.01, 0.25 * (max(seen) - min(seen)))
    axis.set_xlim(max(0, min(seen) - room), min(1, max(seen) + room))
    axis.xaxis.set_major_formatter(PercentFormatter(1, decimals=None))
    axis.set_xlabel("test accuracy")
    axis.grid(axis="y", visible=False)
    caption = (
        "A point is a run, a bar the mean over seeds, a line its 95 % interval for fresh seeds and "
        "other reviews (cut at the edge where few seeds make it wide)."
    )
    return Picture("accuracy", "Test accuracy", caption, figure)


def lengths(rows: list[Row], looks: Looks) -> Picture | None:
    """Accuracy in fifths of the test reviews by length."""
    rows = [row for row in rows if row.correct is not None]
    reviews = rows[0].reviews if rows else None
    if reviews is None or len(reviews) < NUM_FIFTHS:
        return None
    rows, note = few(rows)
    figure, axis = plt.subplots(figsize=NARROW)
    fifths = length_fifths(reviews)
    places = [reviews["length"].to_numpy()[fifths == k] for k in range(NUM_FIFTHS)]
    for row in rows:
        assert row.correct is not None
        by_fifth = [row.correct[:, fifths == k].mean(1) for k in range(NUM_FIFTHS)]
        means = [values.mean() for values in by_fifth]
        axis.plot(range(NUM_FIFTHS), means, marker="o", markersize=4, **looks[row.label])
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
