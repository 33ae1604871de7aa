"""Comparisons: which rows share a table, which pairs get verdicts, what a reader is warned of."""

from __future__ import annotations

import json
import re

import numpy as np
import pandas as pd
import pytest

from rnn_sentiment.errors import UserError
from rnn_sentiment.report.contents import make_report
from rnn_sentiment.report.page import headlines
from rnn_sentiment.report.plan import plan
from tests.report.conftest import write_run


def test_pairs_get_verdicts_in_sentences(runs):
    (comparison,) = make_report([runs]).comparisons
    sentences = [verdict.sentence for verdict in comparison.verdicts]
    assert any(
        re.match(r"gru beats lstm by 10\.0 points \[\d+\.\d, \d+\.\d\]\.", s) for s in sentences
    )
    (tie,) = (s for s in sentences if "gru" not in s)
    assert tie.startswith("Undecided between rnn and lstm: 0.1 points [-")
    assert re.search(r"This design finds \d\.\d points in 80 % of cases", tie)
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
    (verdict,) = comparison.verdicts
    assert "This run of gru beats that of lstm (10.0 points, McNemar's p" in verdict.sentence
    assert "says nothing about the architectures" in verdict.sentence


def test_two_seeds_beat_nothing_and_widen_no_interval(runs):
    before = {v.sentence for v in make_report([runs]).comparisons[0].verdicts}
    for seed in (1, 2):
        write_run(runs / f"best-{seed}", "best", seed, 0.99)
    verdicts = make_report([runs]).comparisons[0].verdicts
    new = {v.sentence for v in verdicts} - before
    assert len(new) == 3
    assert all("a verdict takes 3 seeds of each" in sentence for sentence in new)
    assert {v.sentence for v in verdicts} >= before


def test_families_are_judged_apart(runs):
    for seed in (1, 2, 3):
        write_run(runs / f"other-{seed}", "other", seed, 0.85)
    everything = make_report([runs]).comparisons[0].verdicts
    (pair,) = make_report([runs], families=["[lr]*"]).comparisons[0].verdicts
    (same,) = (v for v in everything if {v.a.label, v.b.label} == {"lstm", "rnn"})
    assert {pair.a.label, pair.b.label} == {"lstm", "rnn"}
    assert pair.estimate.value == same.estimate.value
    assert pair.estimate.high < same.estimate.high
    (both,) = make_report([runs], families=["[lr]*", "[go]*"]).comparisons
    assert headlines(both) == [
        "[lr]*: rnn has the highest mean accuracy. These runs show no lead over lstm.",
        "[go]*: gru has the highest mean accuracy and beats other.",
    ]
    (wide,) = make_report([runs], families=["[lr]*"], margin=0.3).comparisons
    assert headlines(wide) == ["rnn has the highest mean accuracy and is equivalent to lstm."]
    with pytest.raises(UserError, match=r"x_\* matches no row; rows are called gru"):
        make_report([runs], families=["x_*"])


def test_a_sweep_can_be_planned(runs):
    (comparison,) = make_report([runs]).comparisons
    _, *lines = plan(comparison.verdicts)
    found = [float(line.split("seeds: ")[1].split()[0]) for line in lines]
    assert len(found) == 5
    assert found == sorted(found, reverse=True)
    assert "9 runs" in lines[0]
    assert "hours" in lines[0]
    single = make_report([runs / "gru-1", runs / "lstm-1"]).comparisons[0].verdicts
    assert plan(single) == ["No spread is known yet: train three seeds of each first."]


def test_a_wide_margin_makes_models_equivalent_and_a_narrow_one_leaves_them_open(runs):
    def outcome(margin: float) -> str:
        (pair,) = make_report([runs], families=["[lr]*"], margin=margin).comparisons[0].verdicts
        return pair.sentence

    assert outcome(0.05).startswith("No difference between rnn and lstm that matters: 0.1 points")
    assert "within ±5.0 points" in outcome(0.05)
    assert outcome(0.001).startswith("Undecided between")


def test_nothing_usable_is_one_clear_line(tmp_path):
    with pytest.raises(UserError, match="no finished run under"):
        make_report([tmp_path])
    with pytest.raises(UserError, match="is not a folder"):
        make_report([tmp_path / "nowhere"])


def test_rows_without_a_single_mistake_are_equivalent(tmp_path):
    for name in ("gru", "lstm"):
        for seed in (1, 2, 3):
            write_run(tmp_path / f"{name}-{seed}", name, seed, skill=1.0)
    (comparison,) = make_report([tmp_path]).comparisons
    (verdict,) = comparison.verdicts
    assert verdict.outcome == "equivalent"


def test_mistakes_about_several_labels_are_shown_with_the_answers(tmp_path):
    folder = write_run(tmp_path / "a", "any", 1, 0.5, num_test=60, classes={"art": {}, "law": {}})
    frame = pd.read_parquet(folder / "predictions.parquet").drop(columns="probability")
    frame["label"] = 0b01
    right = np.arange(60) % 2 == 0
    frame["probability_0"] = np.where(right, 0.9, 0.4)
    frame["probability_1"] = np.where(np.arange(60) == 7, 0.99, 0.1)
    frame.to_parquet(folder / "predictions.parquet")
    results = json.loads((folder / "results.json").read_text())
    results["data"]["several"] = True
    (folder / "results.json").write_text(json.dumps(results))
    (comparison,) = make_report([tmp_path]).comparisons
    assert comparison.missed.index[0] == f"{7:016x}"
    assert comparison.missed["any"].tolist()[:2] == ["law", "none"]
    assert comparison.missed_about == ", with each architecture's labels"


def test_confident_mistakes_come_first_also_with_more_classes(tmp_path):
    generator = np.random.default_rng(0)
    for seed in (1, 2):
        classes = {"art": {}, "law": {}, "sport": {}}
        folder = write_run(tmp_path / f"a{seed}", "three", seed, 0.8, num_test=60, classes=classes)
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
    assert [*comparison.missed.columns] == ["label", "length", "three"]
    assert comparison.missed["label"].iloc[0] == "law"  # 7 % 3 is 1; 7 % 5 is 2, so it is wrong
    assert comparison.missed["three"].iloc[0] == "sport 0.90"
    assert comparison.missed_about == ", with each architecture's answer and its mean probability"
