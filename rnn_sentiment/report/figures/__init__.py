"""The figures of a report, in publication quality."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby

from rnn_sentiment.report.figures.accuracy import accuracies, forest, lengths
from rnn_sentiment.report.figures.answers import recalls, reliability
from rnn_sentiment.report.figures.cost import pareto
from rnn_sentiment.report.figures.drawing import Looks, Picture, looks, style
from rnn_sentiment.report.figures.learning import accuracy_curves, gradients, loss_curves
from rnn_sentiment.report.row import Row
from rnn_sentiment.report.verdicts import Verdict

PAINTERS: tuple[Callable[[list[Row], Looks], Picture | None], ...] = (
    pareto,
    accuracies,
    accuracy_curves,
    loss_curves,
    lengths,
    reliability,
    recalls,
    gradients,
)


def draw(rows: Sequence[Row], verdicts: Sequence[Verdict] = ()) -> list[Picture]:
    """All figures that the rows of one setting have data for, beginning with verdicts."""
    with style():
        families = [list(members) for _, members in groupby(verdicts, lambda v: v.family)]
        pictures = [forest(members, number) for number, members in enumerate(families)]
        pictures += [paint(list(rows), looks(rows)) for paint in PAINTERS]
    return [picture for picture in pictures if picture is not None]


__all__ = ["Picture", "draw"]
