"""The folds of a cross-validation are one run, if they are all there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from rnn_sentiment.report.folds import FOLD, FOLDS
from rnn_sentiment.report.grouping import group
from rnn_sentiment.report.loading import Run, read_run
from tests.report.conftest import write_run

SIZE = 100  # texts of the first fold; each has one more than that before


def run_of(folder: Path, fold: int, seed: int = 1, folded: str = "test", name: str = "gru") -> Run:
    """One of three folds."""
    folder = folder / f"{name}-{seed}-{fold}"
    size = SIZE + fold
    data = {"sizes": {"train": 90 + fold, "test": size}, "folded": folded, "fingerprint": "a" * 16}
    accuracy = {"accuracy": round((0.6 + fold / 10) * size) / size}
    write_run(folder, name, seed, accuracy["accuracy"], num_test=size, data=data, test=accuracy)
    file = folder / "predictions.parquet"
    frame = pd.read_parquet(file)
    right = np.arange(size) < round(accuracy["accuracy"] * size)
    frame["probability"] = np.where(right == (frame["label"] == 1), 0.8, 0.2)
    if folded == "test":
        frame["row_id"] = [f"{fold}{i:015x}" for i in range(size)]
    frame.to_parquet(file)
    config: dict[str, Any] = {"seed": seed, FOLDS: 3, FOLD: fold}
    return replace(read_run(folder), config=config, overrides={FOLD: str(fold)})


def test_the_folds_of_each_seed_are_one_run_that_tests_every_text(tmp_path):
    folds = [run_of(tmp_path, fold, seed) for seed in (1, 2) for fold in (2, 0, 1)]
    (row,), left_out = group(folds)
    assert left_out == []
    assert (row.label, row.seeds) == ("gru", (1, 2))
    assert row.correct is not None
    assert row.correct.shape == (2, 3 * SIZE + 3)
    for run, correct in zip(row.runs, row.correct, strict=True):
        assert run.test[0].accuracy == pytest.approx(correct.mean())
        assert run.results.data.sizes == {"train": 91, "test": 3 * SIZE + 3}
        assert run.results.seconds_per_epoch == 10 + run.seed
        assert (run.results.history, run.gradient_flow) == ([], None)


def test_a_cross_validation_without_one_of_its_folds_is_left_out(tmp_path):
    rows, left_out = group([run_of(tmp_path, fold) for fold in (0, 2)])
    assert rows == []
    assert [one.folder.name for one in left_out] == ["gru-1-0", "gru-1-2"]
    assert {one.reason for one in left_out} == {"fold 1 of this cross-validation is not there"}


def test_a_fold_that_is_there_twice_counts_once(tmp_path):
    folds = [run_of(tmp_path, fold) for fold in range(3)]
    again = run_of(tmp_path / "again", 1)
    (row,), left_out = group([*folds, again])
    assert len(row.runs) == 1
    assert [one.folder for one in left_out] == [again.folder]


def test_folds_that_share_a_test_part_stay_apart(tmp_path):
    folds = [run_of(tmp_path, fold, folded="validation") for fold in range(3)]
    rows, _ = group(folds)
    assert sorted(row.label for row in rows) == ["gru-fold=0", "gru-fold=1", "gru-fold=2"]
