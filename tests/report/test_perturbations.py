"""Answers to changed texts: their consistency, over runs that were asked alike."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from rnn_sentiment.report.contents import make_report
from rnn_sentiment.report.perturbations import perturbations_section

NUM = 600


def write(folder: Path, stays: float, turns: float, num: int = NUM) -> None:
    """The answers of a run, of which shares stay and turn."""
    before = np.arange(2 * num) % 2
    limit = np.repeat([1 - stays, turns], num)
    changes = np.random.default_rng(0).permuted(
        np.tile((np.arange(num) + 0.5) / num, (2, 1)), axis=1
    )
    table = pd.DataFrame(
        {
            "row_id": [f"{number:016x}-0" for number in range(num)] * 2,
            "perturbation": np.repeat(["typing errors", "negation"], num),
            "turns": np.repeat([False, True], num),
            "before": before,
            "after": np.where(changes.ravel() < limit, 1 - before, before),
        }
    )
    table.to_parquet(folder / "perturbations.parquet")


def section(runs: Path) -> str:
    found = perturbations_section(make_report([runs]).comparisons)
    return found.markdown if found else ""


def test_nothing_is_shown_where_nothing_was_perturbed(runs):
    assert section(runs) == ""


def test_consistency_is_shown_and_differences_are_told(runs):
    for name, turns in (("gru", 0.9), ("lstm", 0.5), ("rnn", 0.5)):
        for seed in (1, 2, 3):
            write(runs / f"{name}-{seed}", 0.95, turns)
    text = section(runs)
    assert "typing errors: answers should stay (600 texts)" in text
    assert "| gru | 95.00 (\\[" in text
    assert "negation: answers of gru turn more often than those of lstm, by 40.0 points" in text
    assert "those of rnn" in text
    assert "answers of lstm" not in text
    assert "typing errors: answers of" not in text


def test_runs_that_were_asked_otherwise_are_named(runs):
    for name in ("gru", "lstm"):
        for seed in (1, 2, 3):
            write(runs / f"{name}-{seed}", 0.9, 0.9, NUM - (name == "lstm" and seed == 2))
    text = section(runs)
    assert "some of their runs have not been perturbed, or not on the same texts" in text
    assert "FOLDER): rnn, lstm." in text
    assert "| gru |" in text
    assert "| lstm |" not in text


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (lambda t: t.drop(columns="after"), "lacks the column after"),
        (lambda t: t.assign(turns=t.index % 2 == 0), "holds other changes"),
        (lambda t: t.assign(perturbation=t["row_id"]), "holds other changes"),
        (lambda t: t[:0], "holds other changes"),
    ],
)
def test_a_damaged_table_is_told(runs, spoil, expected):
    write(file := runs / "gru-1", 0.9, 0.9)
    table = pd.read_parquet(file / "perturbations.parquet")
    spoil(table).to_parquet(file / "perturbations.parquet")
    assert f"gru: perturbations.parquet {expected}" in section(runs).replace("\\", "").replace(
        "is damaged: it ", ""
    )
