"""The figures of a report: rows of runs as pictures that a journal would take."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rnn_sentiment.report.figures.accuracy import accuracies, lengths
from rnn_sentiment.report.figures.answers import confusion, reliability
from rnn_sentiment.report.figures.cost import pareto
from rnn_sentiment.report.figures.drawing import Looks, Picture, looks, style
from rnn_sentiment.report.figures.learning import gradients, learning_curves
from rnn_sentiment.report.grouping import Row

PAINTERS: tuple[Callable[[list[Row], Looks], Picture | None], ...] = (
    accuracies,
    pareto,
    learning_curves,
    lengths,
    reliability,
    gradients,
    confusion,
)


def draw(rows: Sequence[Row]) -> list[Picture]:
    """All figures that the rows of one setting have data for."""
    with style():
        pictures = [paint(list(rows), looks(rows)) for paint in PAINTERS]
    return [picture for picture in pictures if picture is not None]


__all__ = ["Picture", "draw"]
