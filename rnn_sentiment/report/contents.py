"""The contents of a report: rows by setting, verdicts on pairs, and left-out runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import groupby
from pathlib import Path

import pandas as pd

from rnn_sentiment.errors import UserError
from rnn_sentiment.report.family import ENOUGH_SEEDS
from rnn_sentiment.report.grouping import group
from rnn_sentiment.report.loading import LeftOut, load
from rnn_sentiment.report.looks import of_looks
from rnn_sentiment.report.missed import missed_by_all
from rnn_sentiment.report.row import Row
from rnn_sentiment.report.stability import instabilities
from rnn_sentiment.report.verdicts import MARGIN, Verdict, pairwise_verdicts


@dataclass(frozen=True)
class Comparison:
    """Rows that may be compared: one corpus, one split, one precision, one device.

    Attributes:
        setting: a description of these.
        rows: most accurate first.
        verdicts: of all pairs, or of all pairs with the baseline.
        missed: texts that every run gets wrong, the most confident mistakes first.
        num_missed: how many such texts there are.
        warnings: what a reader must know before trusting the comparison.
    """

    setting: str
    rows: tuple[Row, ...]
    verdicts: tuple[Verdict, ...]
    missed: pd.DataFrame
    num_missed: int
    warnings: tuple[str, ...]

    @property
    def missed_about(self) -> str:
        """A description of the columns of `missed` after label and length."""
        if len(self.missed.columns) <= 2:
            return ""
        if not pd.api.types.is_numeric_dtype(self.missed.dtypes.iloc[-1]):
            if self.rows[0].setting.several:
                return ", with each architecture's labels"
            return ", with each architecture's answer and its mean probability"
        classes = self.rows[0].classes
        which = classes[1] if len(classes) == 2 else "label 1"
        return f", with each architecture's mean probability of {which}"


@dataclass(frozen=True)
class Report:
    """All comparisons, and what other sections of a report may need.

    Attributes:
        comparisons: one for each setting.
        rows: the rows of all comparisons, and of runs that are read but not compared.
        left_out: folders that look like runs, and why they are not used.
    """

    comparisons: tuple[Comparison, ...]
    rows: tuple[Row, ...]
    left_out: tuple[LeftOut, ...]


def make_report(
    folders: Sequence[Path],
    baseline: Path | None = None,
    also: Sequence[Path] = (),
    families: Sequence[str] = ("*",),
    margin: float = MARGIN,
) -> Report:
    """Read all runs under `folders` and compare them.

    Args:
        folders: run folders, or folders that contain run folders at any depth.
        baseline: a run folder; if given, all rows are compared with its row only.
        also: folders of more runs, which are read but not compared.
        families: patterns of labels; the pairs within each are compared and judged together.
        margin: share of accuracy below which a difference does not matter.

    Raises:
        UserError: there is no usable run, the baseline is not among them, or a family is empty.
    """
    runs, left_out = load(folders)
    if not runs:
        reasons = "".join(f"; {one.folder}: {one.reason}" for one in left_out[:3])
        raise UserError(f"no finished run under {', '.join(map(str, folders))}{reasons}")
    rows, dropped = group(runs)
    base = None if baseline is None else row_of(rows, baseline)
    for pattern in families:
        if not any(fnmatchcase(row.label, pattern) for row in rows):
            some = ", ".join(row.label for row in rows[:5])
            raise UserError(f"family={pattern} matches no row; rows are called {some}, ...")
    comparisons = [
        compare(setting, list(members), base, families, margin)
        for setting, members in groupby(rows, key=lambda row: str(row.setting))
    ]
    if also:
        more, more_left_out = load(also)
        left_out += more_left_out
        rows, dropped = group([*runs, *more])
    return Report(tuple(comparisons), tuple(rows), (*left_out, *dropped))


def compare(
    setting: str, rows: list[Row], base: Row | None, families: Sequence[str], margin: float
) -> Comparison:
    """Compare rows of one setting."""
    label = base.label if base in rows else None
    missed, num_missed = missed_by_all(rows)
    verdicts = pairwise_verdicts(rows, label, families, margin)
    pairs = [(verdict.a, verdict.b) for verdict in verdicts if verdict.estimate.known]
    found = (*warnings(rows), *of_looks(pairs))
    return Comparison(setting, tuple(rows), tuple(verdicts), missed, num_missed, found)


def row_of(rows: Sequence[Row], folder: Path) -> Row:
    """The row that a run folder belongs to.

    Raises:
        UserError: it is not among the runs.
    """
    for row in rows:
        if any(run.folder.resolve() == folder.resolve() for run in row.runs):
            return row
    raise UserError(f"baseline={folder} is not one of the runs that are compared")


def warnings(rows: Sequence[Row]) -> tuple[str, ...]:
    """What a reader must know before trusting a table of these rows."""
    found = []
    if scarce := [row.name for row in rows if len(row.runs) < ENOUGH_SEEDS]:
        found.append(
            f"Fewer than {ENOUGH_SEEDS} seeds, too few to tell luck from architecture: "
            f"{', '.join(scarce)}."
        )
    if rows[0].setting.validated_on == "test":
        found.append(
            "The best epoch was chosen on the test part: these scores are too optimistic, and "
            "comparable only with one another."
        )
    if unpaired := [row.name for row in rows if row.correct is None]:
        found.append(f"No predictions were kept, hence no verdicts on: {', '.join(unpaired)}.")
    return (*found, *(sentence for row in rows for sentence in instabilities(row)))
