"""Comparisons: which rows share a table, which pairs get verdicts, what a reader is warned of."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from rnn_sentiment.errors import UserError
from rnn_sentiment.report.contents import make_report
from tests.report.conftest import write_run


def test_pairs_get_verdicts_in_sentences(runs):
    (comparison,) = make_report([runs]).comparisons
    sentences = [verdict.sentence for verdict in comparison.verdicts]
    assert any(
        re.match(r"gru beats lstm by 10\.0 points \[\d+\.\d, \d+\.\d\]\.", s) for s in sentences
    )
    (tie,) = (s for s in sentences if "gru" not in s)
    assert "lstm and rnn" in tie or "rnn and lstm" in tie
    assert "is not significant with 3 seeds" in tie
    assert comparison.warnings == ()


def test_a_baseline_is_compared_with_all_others_only(runs):
    (comparison,) = make_report([runs], baseline=runs / "lstm-1").comparisons
    assert {frozenset((v.a.label, v.b.label)) for v in comparison.verdicts} == {
        frozenset(("lstm", "gru")),
        frozenset(("lstm", "rnn")),
    }
    with pytest.raises(UserError, match="not one of the runs"):
        make_report([runs], baseline=runs)


@pytest.mark.parametrize(
    "other",
    [
        {"fingerprint": "b" * 16},
        {"precision": "bf16-mixed"},
        {"device": "cuda"},
        {"data": {"fingerprint": "a" * 16, "sizes": {"train": 80, "test": 2000}}},
        {
            "data": {
                "fingerprint": "a" * 16,
                "sizes": {"train": 90, "test": 2000},
                "validated_on": "test",
            }
        },
    ],
)
def test_what_differs_in_data_or_precision_never_shares_a_row(runs, other):
    write_run(runs / "other", "gru", 4, 0.9, **other)
    comparisons = make_report([runs]).comparisons
    assert sorted(sum(len(row.runs) for row in c.rows) for c in comparisons) == [1, 9]


def test_integers_of_any_size_are_the_same_labels(runs):
    before = make_report([runs])
    for folder in runs.glob("lstm-*"):
        frame = pd.read_parquet(folder / "predictions.parquet")
        frame.astype({"label": "int8", "length": "uint16"}).to_parquet(
            folder / "predictions.parquet"
        )
    after = make_report([runs])
    assert not after.left_out
    assert [v.sentence for c in after.comparisons for v in c.verdicts] == [
        v.sentence for c in before.comparisons for v in c.verdicts
    ]


def test_few_seeds_are_pointed_out(tmp_path):
    write_run(tmp_path / "a", "gru", 1, 0.9)
    write_run(tmp_path / "b", "lstm", 1, 0.8)
    (comparison,) = make_report([tmp_path]).comparisons
    assert "Fewer than 3 seeds" in comparison.warnings[0]
    assert "with one seed, the architectures cannot be compared" in comparison.verdicts[0].sentence


def test_nothing_usable_is_one_clear_line(tmp_path):
    with pytest.raises(UserError, match="no finished run under"):
        make_report([tmp_path])
    with pytest.raises(UserError, match="is not a folder"):
        make_report([tmp_path / "nowhere"])


def test_rows_without_a_single_mistake_need_no_number_of_seeds(tmp_path):
    for name in ("gru", "lstm"):
        for seed in (1, 2, 3):
            write_run(tmp_path / f"{name}-{seed}", name, seed, skill=1.0)
    (comparison,) = make_report([tmp_path]).comparisons
    (verdict,) = comparison.verdicts
    assert verdict.seeds_needed is None
    assert "more than 200 seeds, or a larger test part" in verdict.sentence


def test_confident_mistakes_come_first_also_with_more_classes(tmp_path):
    generator = np.random.default_rng(0)
    for seed in (1, 2):
        folder = write_run(tmp_path / f"a{seed}", "three", seed, 0.8, num_test=60)
        frame = pd.read_parquet(folder / "predictions.parquet").drop(columns="probability")
        frame["label"] = np.arange(60) % 3
        sure = np.where(np.arange(60) == 7, 0.9, generator.uniform(0.4, 0.6, 60))
        wrong = (frame["label"] + (np.arange(60) % 5 == 2)) % 3  # twelve mistakes, 7 among them
        for number in range(3):
            frame[f"probability_{number}"] = np.where(wrong == number, sure, (1 - sure) / 2)
        frame.to_parquet(folder / "predictions.parquet")
    (comparison,) = make_report([tmp_path]).comparisons
    assert comparison.num_missed == 12
    assert comparison.missed.index[0] == f"{7:016x}"
    assert [*comparison.missed.columns] == ["label", "length"]
