"""Seeds that were added because of the scores, and which intervals allow for that."""

from __future__ import annotations

from collections.abc import Sequence

from rnn_sentiment.report.row import Row


def until_settled(a: Row, b: Row) -> bool:
    """Whether seeds of this pair were added until it was settled, all in one sweep.

    The pair was named before its first run, so it is a family of its own.
    """
    sweeps = {run.settled_in for row in (a, b) for run in row.runs}
    return len(sweeps) == 1 and None not in sweeps


def of_looks(pairs: Sequence[tuple[Row, Row]]) -> list[str]:
    """A note on how looking at the scores affects the intervals.

    Args:
        pairs: those with an interval.
    """
    settled = [pair for pair in pairs if until_settled(*pair)]
    found = [
        f"Seeds of {a.name} and {b.name} were added until their difference was settled; its "
        "interval allows for a look after every seed."
        for a, b in settled
    ]
    others = {row.label: row for pair in pairs if pair not in settled for row in pair}
    if added := [row.name for row in others.values() if any(run.settled_in for run in row.runs)]:
        found.append(
            f"Seeds of {', '.join(added)} were added because of their scores; comparisons with "
            "other architectures do not allow for that, so they are wrong more often than stated."
        )
    return found
