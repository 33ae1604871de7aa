"""The scores of each class as a table for the terminal."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from rnn_sentiment.training.confusion import most_confused

MOST_ROWS = 12  # classes that are shown, the worst of more
MOST_COLUMNS = 5  # classes whose answers have room beside the scores
MOST_MISTAKES = 5


def print_classes(console: Console, results: dict[str, Any]) -> None:
    """Print scores and answers of each class, or label, of the test part.

    Args:
        console: where to.
        results: with `classes`, and `confusion` or, of several labels, `averages`.
    """
    classes, matrix = results["classes"], results.get("confusion", [])
    names = list(classes)
    chosen = names
    if len(names) > MOST_ROWS:
        chosen = sorted(names, key=lambda name: classes[name]["f1"])[:MOST_ROWS]
    with_answers = 0 < len(matrix) <= MOST_COLUMNS
    averages = results.get("averages", {})
    table = Table(title=f"test part by {'label' if averages else 'class'}")
    table.add_column("", no_wrap=True)
    for title in ("texts", "precision", "recall", "F1"):
        table.add_column(title, justify="right")
    for name in names if with_answers else ():
        table.add_column(f"answered {escape(name)}", justify="right")
    for name in chosen:
        scores = classes[name]
        answers = matrix[names.index(name)] if with_answers else ()
        table.add_row(
            escape(name),
            f"{scores['rows']:,}",
            *(f"{scores[key]:.4f}" for key in ("precision", "recall", "f1")),
            *(f"{count:,}" for count in answers),
        )
    for average, scores in averages.items():
        values = (f"{scores[key]:.4f}" for key in ("precision", "recall", "f1"))
        table.add_row(f"[i]{average} average[/]", "", *values)
    console.print(table)
    if len(chosen) < len(names):
        what = "labels" if averages else "classes"
        console.print(f"the {len(chosen)} {what} of {len(names)} with the lowest F1")
    mistakes = [] if with_answers or not matrix else most_confused(matrix, names, MOST_MISTAKES)
    if mistakes:
        shown = ", ".join(f"{right} as {answer} ({count:,})" for right, answer, count in mistakes)
        console.print(f"most often confused: {shown}", markup=False, soft_wrap=True)
