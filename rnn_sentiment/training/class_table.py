"""The scores of each class as a table for the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from rnn_sentiment.training.confusion import most_confused

MOST_ROWS = 12  # classes to show; if there are more, the worst ones
MOST_COLUMNS = 5  # classes whose answers fit beside the scores
MOST_MISTAKES = 5
ROOM = 1000  # columns, more than any table needs

SCORES = ("texts", "precision", "recall", "F1")


def scores_of(found: Mapping[str, float | None]) -> list[str]:
    """Format precision, recall and F1 for a table; a dash if undefined."""
    values = (found[key] for key in ("precision", "recall", "f1"))
    return ["–" if value is None else f"{value:.4f}" for value in values]


def make_table(title: str, columns: Sequence[str], rows: Mapping[str, Sequence[str]]) -> Table:
    """Make a table with row names in its first column."""
    table = Table(title=title)
    table.add_column("", no_wrap=True)
    for column in columns:
        table.add_column(column, justify="right")
    for name, cells in rows.items():
        table.add_row(name, *cells)
    return table


def print_classes(console: Console, results: dict[str, Any]) -> None:
    """Print the scores and answers of each class or label of the test part.

    Args:
        console: the console to print to.
        results: results with `classes`, and `confusion` or, for several labels, `averages`.
    """
    classes, matrix = results["classes"], results.get("confusion", [])
    names = list(classes)
    chosen = names
    if len(names) > MOST_ROWS:
        present = [name for name in names if classes[name]["rows"]]
        chosen = sorted(present, key=lambda name: classes[name]["f1"])[:MOST_ROWS]
    with_answers = 0 < len(matrix) <= MOST_COLUMNS
    averages = results.get("averages", {})
    title = f"test part by {'label' if averages else 'class'}"
    scores = {
        escape(name): [f"{classes[name]['rows']:,}", *scores_of(classes[name])] for name in chosen
    }
    for name, found in averages.items():
        scores[f"[i]{name} average[/]"] = ["", *scores_of(found)]
    if with_answers:
        answers = {escape(n): [f"{count:,}" for count in matrix[names.index(n)]] for n in chosen}
        answered = [f"answered {escape(name)}" for name in names]
        both = {name: [*scores[name], *answers[name]] for name in answers}
        table = make_table(title, [*SCORES, *answered], both)
        roomy = console.options.update(max_width=ROOM)
        if console.measure(table, options=roomy).minimum <= console.width:
            console.print(table)
        else:
            console.print(make_table(title, SCORES, scores))
            console.print(make_table(f"answers to the {title}", answered, answers))
    else:
        console.print(make_table(title, SCORES, scores))
    if len(chosen) < len(names):
        what = "labels" if averages else "classes"
        console.print(f"the {len(chosen)} {what} of {len(names)} with the lowest F1")
    mistakes = [] if with_answers or not matrix else most_confused(matrix, names, MOST_MISTAKES)
    if mistakes:
        shown = ", ".join(f"{right} as {answer} ({count:,})" for right, answer, count in mistakes)
        console.print(f"most often confused: {shown}", markup=False, soft_wrap=True)
