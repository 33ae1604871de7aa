"""What means hide: seeds that collapse, equal probabilities, and confidence that is not earned."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch
from torchmetrics.functional.classification import multiclass_calibration_error

from rnn_sentiment.report.calibration import of_answers, of_classes
from rnn_sentiment.report.contents import make_report
from rnn_sentiment.report.stability import interquartile_mean, share
from tests.report.conftest import write_run


def predictions(num_classes: int) -> pd.DataFrame:
    generator = np.random.default_rng(0)
    shares = generator.dirichlet(np.ones(num_classes), 500).astype(np.float32)
    labels = generator.integers(0, num_classes, 500)
    if num_classes == 2:
        columns = {"probability": shares[:, 1]}
    else:
        columns = {f"probability_{k}": shares[:, k] for k in range(num_classes)}
    return pd.DataFrame({"label": labels, "correct": shares.argmax(1) == labels, **columns})


@pytest.mark.parametrize("num_classes", [2, 4])
def test_the_calibration_error_is_guos(num_classes):
    frame = predictions(num_classes)
    shares = frame.filter(like="probability").to_numpy()
    shares = np.c_[1 - shares, shares] if num_classes == 2 else shares
    given = torch.tensor(shares), torch.tensor(frame["label"].to_numpy())
    expected = multiclass_calibration_error(*given, num_classes=num_classes, n_bins=15, norm="l1")
    assert of_answers(frame) == pytest.approx(float(expected), abs=1e-6)


def test_answers_may_be_calibrated_where_classes_are_not():
    """Right as often as promised, but all mistakes are made on one side."""
    frame = pd.DataFrame({"label": [1] * 8 + [1] * 2 + [0] * 10, "probability": 0.9})
    frame.loc[8:, "probability"] = 0.1
    frame["correct"] = (frame["probability"] > 0.5) == (frame["label"] == 1)
    assert of_answers(frame) == pytest.approx(0.0)
    assert of_classes(frame) == pytest.approx(0.4 * 0.1 + 0.6 * 1 / 15)


def test_collapsed_seeds_and_ties_are_said(runs):
    for seed, skill in ((4, 0.90), (5, 0.70)):
        write_run(runs / f"gru-{seed}", "gru", seed, skill)
    file = runs / "lstm-2" / "predictions.parquet"
    frame = pd.read_parquet(file)
    frame["probability"] = frame["probability"].round(1)
    frame.to_parquet(file)
    (comparison,) = make_report([runs]).comparisons
    text = " ".join(comparison.warnings)
    assert (
        "gru is unstable: 1 of 5 seeds ended more than 5 points below the median (1 to 72 %" in text
    )
    assert "lstm, seed 2: 5" in text
    gru = next(row for row in comparison.rows if row.label == "gru")
    assert interquartile_mean(gru) == pytest.approx(0.9, abs=0.001)
    assert gru.accuracy.value == pytest.approx(0.86, abs=0.001)


def test_few_texts_are_no_tie(tmp_path):
    for seed in (1, 2, 3):
        write_run(tmp_path / str(seed), "gru", seed, 0.9, num_test=4)
    assert make_report([tmp_path]).comparisons[0].warnings == ()


def test_dead_units_that_a_run_recorded_are_said(runs):
    write_run(runs / "gru-4", "gru", 4, 0.9, dead_units={"encoder.1": {"dead": 3, "of": 6}})
    write_run(runs / "gru-5", "gru", 5, 0.9, dead_units={"encoder.1": {"dead": 1, "of": 6}})
    (comparison,) = make_report([runs]).comparisons
    assert comparison.warnings == (
        "gru, seed 4: 3 of 6 units of encoder.1 are off for every test text.",
    )


def test_no_collapse_in_ten_seeds_does_not_rule_it_out():
    assert share(0, 10).low == 0
    assert share(0, 10).high == pytest.approx(0.308, abs=0.001)
