"""What a report says: rows by setting, verdicts on pairs and claims, and what is left out."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np
import pandas as pd

from rnn_sentiment.errors import UserError
from rnn_sentiment.lectures.claims import Claim, Ruling, judge
from rnn_sentiment.report.grouping import Row, group
from rnn_sentiment.report.loading import LeftOut, load, printable, read_json
from rnn_sentiment.report.measures import MEASURES
from rnn_sentiment.report.statistics import mean_interval
from rnn_sentiment.report.verdicts import ENOUGH_SEEDS, Verdict, compare

NUM_MISSED = 10


@dataclass(frozen=True)
class Comparison:
    """Rows that may be compared: one corpus, one split, one precision, one device.

    Attributes:
        setting: these, in words.
        rows: most accurate first.
        verdicts: of all pairs, or of all with the baseline.
        missed: reviews that every run gets wrong, the surest mistakes first.
        num_missed: how many there are.
        notes: what a reader must know before trusting any of it.
    """

    setting: str
    rows: tuple[Row, ...]
    verdicts: tuple[Verdict, ...]
    missed: pd.DataFrame
    num_missed: int
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Report:
    """All comparisons, the claims that these runs bear on, and what is left out.

    Attributes:
        comparisons: one for each setting.
        rulings: on the claims that any run bears on.
        open_claims: the other claims' ids.
        left_out: folders that look like runs, and why they are not used.
    """

    comparisons: tuple[Comparison, ...]
    rulings: tuple[Ruling, ...]
    open_claims: tuple[str, ...]
    left_out: tuple[LeftOut, ...]


def make_report(
    folders: Sequence[Path],
    claims: Sequence[Claim],
    baseline: Path | None = None,
    also: Sequence[Path] = (),
) -> Report:
    """Read all runs under `folders` and compare them.

    Args:
        folders: run folders, or folders that hold some at any depth.
        claims: to settle.
        baseline: a run folder; all rows are then compared with its row alone.
        also: folders of more runs, for the claims; they are not compared.

    Raises:
        UserError: there is no usable run, or the baseline is not among them.
    """
    runs, left_out = load(folders)
    if not runs:
        reasons = "".join(f"; {one.folder}: {one.reason}" for one in left_out[:3])
        raise UserError(f"no finished run under {', '.join(map(str, folders))}{reasons}")
    rows, repeated = group(runs)
    base = None if baseline is None else row_of(rows, baseline)
    comparisons = [
        compare_rows(setting, list(members), base)
        for setting, members in groupby(rows, key=lambda row: str(row.setting))
    ]
    if also:
        more, more_left_out = load(also)
        left_out += more_left_out
        rows, repeated = group([*runs, *more])
    rulings = judge(claims, rows, read_evidence([*folders, *also]))
    labels = {row.label for row in rows}
    bearing = [r for r in rulings if bears(r, labels)]
    open_claims = dict.fromkeys(r.claim.id for r in rulings if not bears(r, labels))
    return Report(tuple(comparisons), tuple(bearing), tuple(open_claims), (*left_out, *repeated))


def compare_rows(setting: str, rows: list[Row], base: Row | None) -> Comparison:
    """Compare rows of one setting."""
    label = base.label if base in rows else None
    missed, num_missed = missed_by_all(rows)
    return Comparison(
        setting, tuple(rows), tuple(compare(rows, label)), missed, num_missed, tuple(notes(rows))
    )


def row_of(rows: Sequence[Row], folder: Path) -> Row:
    """The row that a run folder belongs to.

    Raises:
        UserError: it is not among the runs.
    """
    for row in rows:
        if any(run.folder.resolve() == folder.resolve() for run in row.runs):
            return row
    raise UserError(f"--baseline {folder} is not one of the runs that are compared")


def notes(rows: Sequence[Row]) -> list[str]:
    """What must be said aloud of rows in one table."""
    found = []
    if scarce := [row.label for row in rows if len(row.runs) < ENOUGH_SEEDS]:
        found.append(
            f"Fewer than {ENOUGH_SEEDS} seeds, too few to tell luck from architecture: "
            f"{', '.join(scarce)}."
        )
    if rows[0].setting.validated_on == "test":
        found.append(
            "The best epoch was chosen on the test part: these scores are too good, and are "
            "comparable with one another only."
        )
    if unpaired := [row.label for row in rows if row.correct is None]:
        found.append(f"No predictions were kept, hence no verdicts on: {', '.join(unpaired)}.")
    return found


def missed_by_all(rows: Sequence[Row]) -> tuple[pd.DataFrame, int]:
    """The reviews that every run gets wrong: label, length, and each row's mean probability."""
    usable = [row for row in rows if row.correct is not None]
    if not usable:
        return pd.DataFrame(), 0
    wrong = ~np.concatenate([row.correct for row in usable if row.correct is not None]).any(axis=0)
    reviews = usable[0].reviews
    assert reviews is not None
    table = pd.DataFrame(reviews[["label", "length"]][wrong])
    for row in usable:
        if row.probability is not None:
            table[row.label] = row.probability[:, wrong].mean(0)
    shares = table.drop(columns=["label", "length"]).to_numpy(float)
    error = np.abs(shares - table[["label"]].to_numpy(float)).mean(axis=1)
    surest = table.index[np.argsort(-error, kind="stable")[:NUM_MISSED]]
    return table.loc[surest], int(wrong.sum())


def bears(ruling: Ruling, labels: set[str]) -> bool:
    """Whether any run, or evidence, bears on a claim."""
    needed = {name for test in ruling.claim.tests for name in test.needs}
    settled = any(finding.outcome != "undecided" for finding in ruling.findings)
    return settled or bool(needed & labels)


def read_evidence(folders: Sequence[Path]) -> dict[str, float]:
    """Figures from all `evidence.json` under the folders.

    Raises:
        UserError: a file does not hold names and numbers.
    """
    found: dict[str, float] = {}
    for top in folders:
        for path, _, files in os.walk(top):
            if "evidence.json" in files:
                file = Path(path) / "evidence.json"
                stated = read_json(file)
                if not isinstance(stated, dict) or not all(
                    isinstance(value, (int, float)) for value in stated.values()
                ):
                    raise UserError(f"{file}: an object of names and numbers is expected")
                found |= {printable(name): float(value) for name, value in stated.items()}
    return found


def summary(rows: Sequence[Row]) -> pd.DataFrame:
    """A line for each row: means over seeds, medians of costs; shares, seconds, bytes."""
    lines = []
    for row in rows:
        accuracy = mean_interval([run.test[0].accuracy for run in row.runs])
        lines.append(
            {
                "row": row.label,
                "seeds": len(row.runs),
                "accuracy": accuracy.value,
                "sd": accuracy.sd,
                "low": accuracy.low,
                "high": accuracy.high,
                **{name: middle(row, name) for name in MEASURES if name != "test_accuracy"},
            }
        )
    return pd.DataFrame(lines)


COSTS = ("seconds_per_epoch", "seconds_per_token", "tokens_per_second", "peak_memory_bytes")


def middle(row: Row, name: str) -> float:
    """Mean of a score over seeds, median of a cost; NaN where no run has it."""
    values = [value for run in row.runs if (value := MEASURES[name](run)) is not None]
    if not values:
        return float("nan")
    return float(np.median(values) if name in COSTS else np.mean(values))


def run_table(rows: Sequence[Row]) -> pd.DataFrame:
    """A line for each run, with all measures."""
    return pd.DataFrame(
        {
            "row": row.label,
            "seed": run.seed,
            "setting": str(row.setting),
            **{name: measure(run) for name, measure in MEASURES.items()},
        }
        for row in rows
        for run in row.runs
    )
