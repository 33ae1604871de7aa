"""What `evaluate calibrate=true` fits on the validation part is kept, checked and used."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from rnn_sentiment import evaluate, export
from rnn_sentiment.calibration.fitting import Aims, fit
from rnn_sentiment.errors import UserError
from rnn_sentiment.inference import Predictor
from rnn_sentiment.metrics import make_metrics
from rnn_sentiment.outcome import OneOf
from rnn_sentiment.training.calibrating import checked
from rnn_sentiment.training.scoring import scores

NAMES = ("a", "b", "c")


@pytest.fixture
def run_folder(finished_run: Path, tmp_path: Path) -> Path:
    return shutil.copytree(finished_run, tmp_path / "run")


def test_what_is_fitted_is_kept_checked_and_used(run_folder, tmp_path, capsys):
    plain = Predictor.load(run_folder)(["a fine film", "dull"])
    before = json.loads((run_folder / "results.json").read_text())
    evaluate.run([f"run={run_folder}", "threshold=f1", "coverage=0.8"])
    assert "temperature" in capsys.readouterr().out
    results = json.loads((run_folder / "results.json").read_text())
    found = results.pop("calibrated")
    assert results == before
    assert found["before"] == before["test"]
    assert found["rows"] == before["data"]["sizes"]["validation"]
    assert sum(group["rows"] for group in found["groups"][-5:]) == before["data"]["sizes"]["test"]

    predictor = Predictor.load(run_folder)  # with the manifest as it is now
    calibration = predictor.calibration
    assert calibration is not None
    assert calibration.temperature == found["temperature"]
    assert calibration.sets.coverage == 0.8
    for old, new in zip(plain, predictor(["a fine film", "dull"]), strict=True):
        odds = np.log(old["positive"] / old["negative"]) / calibration.temperature
        assert new["positive"] == pytest.approx(1 / (1 + np.exp(-odds)), abs=1e-5)

    export.run([f"run={run_folder}", f"out={tmp_path / 'bundle'}"])
    assert Predictor.load(tmp_path / "bundle").calibration == calibration
    card = (tmp_path / "bundle" / "README.md").read_text()
    assert f"temperature of\n{calibration.temperature:.3f}" in card

    evaluate.run([f"run={run_folder}"])  # scores the run as before
    assert "identical to results.json" in capsys.readouterr().out


def test_a_calibration_that_was_edited_is_refused(run_folder):
    evaluate.run([f"run={run_folder}", "calibrate=true"])
    (run_folder / "calibration.json").write_text('{"temperature": 9, "rows": 1}')
    with pytest.raises(UserError, match=r"calibration\.json has changed since the run wrote it"):
        Predictor.load(run_folder)


def test_sets_are_fitted_on_rows_that_nothing_else_has_seen():
    random = np.random.default_rng(0)
    logits = torch.tensor(random.normal(size=400), dtype=torch.float32)
    labels = torch.tensor((random.random(400) < 0.5).astype(np.int64))
    held_back = torch.arange(400) % 2 == 1
    aims = Aims(threshold="f1", coverage=0.9)
    found = fit(logits, labels, held_back, aims, OneOf(2), NAMES[:2])
    changed = labels.clone()
    changed[held_back] = 1 - changed[held_back]
    other = fit(logits, changed, held_back, aims, OneOf(2), NAMES[:2])
    assert (other.temperature, other.threshold) == (found.temperature, found.threshold)
    assert other.sets != found.sets


@pytest.mark.parametrize(
    ("rows", "classes", "aims", "expected"),
    [
        (10, 2, Aims(), "too few to calibrate"),
        (50, 3, Aims(threshold="f1"), "for two classes"),
        (50, 2, Aims(precision=0.99), "no threshold reaches it"),
    ],
)
def test_what_cannot_be_fitted_is_one_line(rows, classes, aims, expected):
    logits = torch.zeros(rows) if classes == 2 else torch.zeros(rows, classes)
    labels = torch.arange(rows) % classes
    with pytest.raises(UserError, match=expected):
        fit(
            logits, labels, torch.zeros(rows, dtype=torch.bool), aims, OneOf(classes),
            NAMES[:classes],
        )  # fmt: skip


def test_checks_score_many_classes_by_their_answers():
    random = np.random.default_rng(0)
    logits = random.normal(size=(90, 3)).astype(np.float32)
    frame = pd.DataFrame({f"logit_{i}": logits[:, i] for i in range(3)})
    frame["label"], frame["length"] = random.integers(0, 3, 90), np.arange(90)
    frame["predicted"] = logits.argmax(1)
    calibration = fit(
        torch.tensor(logits), torch.tensor(frame["label"].to_numpy()),
        torch.zeros(90, dtype=torch.bool), Aims(), OneOf(3), NAMES,
    )  # fmt: skip
    found = checked(calibration, frame, OneOf(3), NAMES, make_metrics(OneOf(3)))
    assert found["before"] == scores(frame, OneOf(3), make_metrics(OneOf(3)))
    assert found["after"]["accuracy"] == pytest.approx(found["before"]["accuracy"])
    assert found["after"]["loss"] <= found["before"]["loss"]


@pytest.mark.parametrize("given", ["coverage=1.5", "precision=none", "threshold=0.3"])
def test_an_aim_that_is_none_is_named(given):
    with pytest.raises(UserError, match=given.split("=")[0]):
        evaluate.run(["run=somewhere", given])


def test_two_aims_for_one_threshold_are_refused():
    with pytest.raises(UserError, match="not both"):
        evaluate.run(["run=somewhere", "threshold=f1", "precision=0.9"])
