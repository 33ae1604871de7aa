"""The section on slices: accuracy on parts of the test set, and whose lead changes there."""

from __future__ import annotations

from collections.abc import Sequence

from rnn_sentiment.errors import UserError
from rnn_sentiment.report.breakdown import Breakdown, Column, as_section
from rnn_sentiment.report.contents import Comparison
from rnn_sentiment.report.section import Section
from rnn_sentiment.report.slices import Slice, slices
from rnn_sentiment.report.together import Judged, judge_together
from rnn_sentiment.report.variance import means
from rnn_sentiment.report.verdicts import interval, pairs_with_centre
from rnn_sentiment.storage import printable

ABOUT = (
    "Accuracy in percent on the texts that have most of something, about a fifth of the test part "
    "for each slice, and how many points it lies above the accuracy on all other texts. All "
    "classes have equal weight, since some slices hold more of one class: negative reviews have "
    "more negations. The intervals of all architectures, pairs and slices hold simultaneously "
    "with 95 % confidence."
)


def slices_section(comparisons: Sequence[Comparison]) -> Section | None:
    """Slice the test part of each setting; None if no run has predictions."""
    breakdowns = [break_down(comparison) for comparison in comparisons]
    if not any(one.columns or one.notes for one in breakdowns):
        return None
    return as_section("Slices", ABOUT, "points above the others", breakdowns)


def break_down(comparison: Comparison) -> Breakdown:
    """Accuracies by slice, or a note if the texts cannot be read."""
    rows = [row for row in comparison.rows if row.correct is not None]
    if not rows or (reviews := rows[0].reviews) is None:
        return Breakdown()
    try:
        found = slices(rows, reviews)
    except UserError as error:
        why = printable(str(error))
        return Breakdown(notes=[f"Slices need the texts of the test part: {why}."])
    answers = [row.correct for row in rows if row.correct is not None]
    pairs = pairs_with_centre(comparison.verdicts)
    columns, sentences = [], []
    for one in found:
        judged = judge_together(rows, answers, pairs, len(found), [*one.strata, *one.others])
        shares = means(answers, one.strata).values
        values = {row.label: float(share) for row, share in zip(rows, shares, strict=True)}
        columns.append(Column(one.name, one.about, int(one.inside.sum()), values, judged))
        sentences += in_sentences(one, judged)
    return Breakdown(rows, columns, sentences)


def in_sentences(one: Slice, judged: Judged) -> list[str]:
    """Sentences on pairs whose difference in the slice is not that in the other reviews."""
    return [
        f"{one.name}: compared with {b.name}, {a.name} does {interval(estimate)} better on these "
        "texts than on the others."
        for a, b, estimate in judged.apart
    ]
