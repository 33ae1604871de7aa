"""The section on changed texts: whether answers stayed or changed as they should."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from rnn_sentiment.errors import UserError
from rnn_sentiment.manifest import PERTURBATIONS
from rnn_sentiment.report.breakdown import Breakdown, Column, as_section
from rnn_sentiment.report.contents import Comparison
from rnn_sentiment.report.predictions import read_parquet
from rnn_sentiment.report.section import Section
from rnn_sentiment.report.together import judge_together
from rnn_sentiment.report.verdicts import interval, pairs_with_centre
from rnn_sentiment.storage import printable

READ = re.compile("row_id|perturbation|turns|before|after")
KINDS = {"row_id": "", "perturbation": "", "turns": "b", "before": "iu", "after": "iu"}
MOST = 20  # perturbations
ABOUT = (
    "Consistency in percent: the share of answers that stay where a change to the text keeps its "
    "label, or turn where it turns the label. The intervals of all architectures, pairs and "
    "changes hold simultaneously with 95 % confidence."
)


def perturbations_section(comparisons: Sequence[Comparison]) -> Section | None:
    """Consistency of each setting's rows; None if no run has any perturbations."""
    breakdowns = [break_down(comparison) for comparison in comparisons]
    if not any(one.columns or one.notes for one in breakdowns):
        return None
    return as_section("Perturbations", ABOUT, "consistency", breakdowns)


def break_down(comparison: Comparison) -> Breakdown:
    """Consistency by perturbation of the rows whose runs were all perturbed alike."""
    tables: dict[str, list[pd.DataFrame]] = {}
    notes = []
    for row in comparison.rows:
        try:
            tables[row.label] = [read_perturbations(run.folder / PERTURBATIONS) for run in row.runs]
        except FileNotFoundError:
            continue
        except UserError as error:
            notes.append(f"{row.name}: {printable(str(error))}.")
    if not tables:
        return Breakdown(notes=notes)
    asked = Counter(questions(table) for row in tables.values() for table in row)
    usual = asked.most_common(1)[0][0]
    alike = {k: row for k, row in tables.items() if {questions(one) for one in row} == {usual}}
    rows = [row for row in comparison.rows if row.label in alike]
    if others := [row.name for row in comparison.rows if row not in rows]:
        notes.append(
            "Left out, since some of their runs have not been perturbed, or not on the same texts "
            f"(run python -m rnn_sentiment.perturb FOLDER): {', '.join(others)}."
        )
    if not rows:
        return Breakdown(notes=notes)
    names = list(dict.fromkeys(alike[rows[0].label][0]["perturbation"]))
    pairs = pairs_with_centre(comparison.verdicts)
    columns, sentences = [], []
    for name in names:
        mask = (alike[rows[0].label][0]["perturbation"] == name).to_numpy()
        turns = bool(alike[rows[0].label][0]["turns"][mask].iloc[0])
        answers = [
            np.stack([one["consistent"].to_numpy()[mask] for one in alike[row.label]])
            for row in rows
        ]
        judged = judge_together(rows, answers, pairs, len(names))
        values = {label: estimate.value for label, estimate in judged.own.items()}
        about = f"answers should {'turn' if turns else 'stay'}"
        columns.append(Column(printable(name), about, int(mask.sum()), values, judged))
        sentences += [
            f"{printable(name)}: answers of {a.name} {'turn' if turns else 'stay'} more often "
            f"than those of {b.name}, by {interval(estimate)}."
            for a, b, estimate in judged.apart
        ]
    return Breakdown(rows, columns, sentences, notes)


def questions(table: pd.DataFrame) -> int:
    """A number that tables share if they hold the same changes of the same reviews."""
    keys = table[["row_id", "perturbation", "turns"]]
    return hash(pd.util.hash_pandas_object(keys, index=False).to_numpy().tobytes())


def read_perturbations(file: Path) -> pd.DataFrame:
    """Read the answers to changed texts, in the order of perturbations and reviews.

    Raises:
        FileNotFoundError: there are none.
        UserError: the file is damaged.
    """
    if not os.path.lexists(file):
        raise FileNotFoundError(file)
    table = read_parquet(file, READ)
    for column, kinds in KINDS.items():
        if column not in table or (kinds and table[column].dtype.kind not in kinds):
            raise UserError(f"{file.name} lacks the column {column}, or it is of another type")
    table = table.astype({"row_id": str, "perturbation": str})
    groups = table.groupby("perturbation")["turns"]
    if table.empty or groups.nunique().max() > 1 or groups.ngroups > MOST:
        raise UserError(f"{file.name} is damaged: it holds other changes than this package makes")
    table["consistent"] = (table["before"] != table["after"]) == table["turns"]
    return table.sort_values(["turns", "perturbation", "row_id"], ignore_index=True)
