"""The command `perturb`: a small table in the run folder, which the report shows."""

from __future__ import annotations

import json
import shutil

import pandas as pd
import pytest

from rnn_sentiment.configuration import make
from rnn_sentiment.errors import UserError
from rnn_sentiment.inference import Predictor
from rnn_sentiment.inference.perturbing import changed_reviews, perturb
from rnn_sentiment.report.__main__ import write_report
from rnn_sentiment.runs import load_config


@pytest.fixture(scope="module")
def perturbed(finished_run, tmp_path_factory):
    folder = tmp_path_factory.mktemp("perturbed") / "run"
    shutil.copytree(finished_run, folder)
    return folder, perturb(folder)


def test_answers_before_and_after_are_those_of_the_run(perturbed):
    folder, table = perturbed
    pd.testing.assert_frame_equal(pd.read_parquet(folder / "perturbations.parquet"), table)
    predictor = Predictor.load(folder)
    ids = pd.read_parquet(folder / "predictions.parquet")["row_id"]
    changed = changed_reviews(make(load_config(folder), "data.source"), ids)
    few = changed.join(table[["before", "after"]]).iloc[::80]
    assert set(few["perturbation"]) == {"names swapped", "typing errors", "neutral sentence"}
    for text, answer in zip(
        (*few["text"], *few["changed"]), (*few["before"], *few["after"]), strict=True
    ):
        shares = predictor([text])[0]
        assert list(shares).index(max(shares, key=shares.__getitem__)) == answer


def test_the_table_is_sealed_and_reported(perturbed, tmp_path, capsys):
    folder, table = perturbed
    assert "perturbations.parquet" in json.loads((folder / "manifest.json").read_text())["files"]
    text = write_report([folder], tmp_path).with_suffix(".md").read_text()
    section = text.partition("## Perturbations")[2]
    stay = (table["before"] == table["after"])[table["perturbation"] == "typing errors"]
    assert f"| {100 * stay.mean():.2f} |" in section
    assert "typing errors: answers should stay" in section


def test_a_run_without_predictions_or_texts_is_told_in_a_line(run, finished_run, tmp_path):
    shutil.copytree(finished_run, tmp_path / "run")
    (tmp_path / "run" / "manifest.json").unlink()
    config = tmp_path / "run" / ".hydra" / "config.yaml"
    config.write_text(config.read_text().replace("path: /", "path: /nowhere/"))
    done = run("perturb", "run")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "is not on this machine" in done.stderr
    (tmp_path / "run" / "predictions.parquet").unlink()
    with pytest.raises(UserError, match=r"no predictions\.parquet"):
        perturb(tmp_path / "run")
