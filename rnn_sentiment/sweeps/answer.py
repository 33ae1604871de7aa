"""The verdict on the completed runs of two systems."""

from __future__ import annotations

from pathlib import Path

from rnn_sentiment.errors import UserError
from rnn_sentiment.report.grouping import group
from rnn_sentiment.report.loading import load
from rnn_sentiment.report.verdicts import Verdict, pairwise_verdicts

ANSWERS = ("better", "equivalent")  # outcomes after which no more seeds are needed


def look(folder: Path, margin: float) -> Verdict:
    """The verdict on the completed runs of a sweep.

    Raises:
        UserError: the runs are not of two comparable systems.
    """
    rows, _ = group(load([folder])[0])
    if len(rows) < 2:
        raise UserError(f"{folder}: the two systems differ only in keys that change no result")
    if len(rows) > 2:
        raise UserError(f"{folder} also holds other runs; choose another hydra.sweep.dir")
    if rows[0].setting != rows[1].setting:
        settings = " and ".join(f"({row.setting})" for row in rows)
        raise UserError(f"these systems cannot be compared: {settings}")
    found = pairwise_verdicts(rows, margin=margin)
    if not found:
        raise UserError(
            f"{folder}: the runs kept no predictions, without which there is no verdict"
        )
    return found[0]


def in_words(verdict: Verdict) -> str:
    """Describe what was settled, after how many runs."""
    seeds = [len(row.runs) for row in (verdict.a, verdict.b)]
    each = "{} and {} seeds".format(*seeds)
    if seeds[0] == seeds[1]:
        each = f"{seeds[0]} seed{'s' if seeds[0] > 1 else ''} of each"
    head = "Settled" if verdict.outcome in ANSWERS else "Not settled"
    return f"{head} after {sum(seeds)} runs, {each}: {verdict.sentence}"


def as_record(verdict: Verdict) -> dict[str, object]:
    """The entry for `settled.json`, with accuracies as shares."""
    shown = verdict.narrow if verdict.outcome == "equivalent" else verdict.estimate
    return {
        "outcome": verdict.outcome,
        "sentence": verdict.sentence,
        "first": verdict.a.label,
        "second": verdict.b.label,
        "seeds": [len(verdict.a.runs), len(verdict.b.runs)],
        "margin": verdict.margin,
        "difference": shown.value,
        "interval": [shown.low, shown.high] if shown.known else None,
    }
