"""`evaluate file=FILE` scores a file of one's own as the test part is scored."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from rnn_sentiment import evaluate
from rnn_sentiment.data.sources.form import USUAL, Form
from rnn_sentiment.errors import UserError, stop
from rnn_sentiment.inference import Predictor
from rnn_sentiment.inference.scored_file import labelled, score_file, scores_of
from rnn_sentiment.judgement import Yardstick
from rnn_sentiment.outcome import OneOf

STARS = Form(text_column="body", label_column="stars")


@pytest.fixture(scope="module")
def predictor(finished_run: Path) -> Predictor:
    return Predictor.load(finished_run)


@pytest.fixture
def frame(corpus: Path) -> pd.DataFrame:
    (file,) = corpus.rglob("test-*.parquet")
    return pd.read_parquet(file)


def test_a_file_of_the_test_part_has_the_scores_of_the_run(
    predictor, frame, finished_run, tmp_path
):
    frame["label"] = frame["label"].map({0: "negative", 1: "positive"})
    file = tmp_path / "new.csv"
    frame.to_csv(file, index=False)
    found = score_file(predictor, file, USUAL, stop)
    expected = json.loads((finished_run / "results.json").read_text())
    assert found.rows == len(frame)
    assert found.scores == pytest.approx(expected["test"], abs=1e-5)
    for name, scores in expected["classes"].items():
        assert found.classes[name]._asdict() == pytest.approx(scores)


def test_numbers_are_classes_and_others_bad_rows(predictor, frame, tmp_path):
    frame[["body", "stars"]] = frame[["text", "label"]]
    rows = frame[["body", "stars"]].head(20).astype({"stars": object})
    rows.loc[5, "stars"] = "great"
    file = tmp_path / "new.jsonl"
    rows.to_json(file, orient="records", lines=True)
    with pytest.raises(UserError, match=r"line 6: stars is 'great', not one of the classes"):
        score_file(predictor, file, STARS, stop)
    named: list[UserError] = []
    assert score_file(predictor, file, STARS, named.append).rows == 19
    assert len(named) == 1


def test_a_number_is_no_other_name_of_a_class_that_is_called_by_one(tmp_path):
    file = tmp_path / "new.csv"
    file.write_text("text,label\na,1\nb,0\n")
    stars: Any = SimpleNamespace(labels=("1", "2"), outcome=OneOf(2))
    labels: list[int] = []
    with pytest.raises(UserError, match="label is '0', not one of the classes 1, 2"):
        list(labelled(stars, file, USUAL, stop, labels))
    assert labels == [0]


def test_scores_of_one_class_leave_auroc_open(predictor, frame, finished_run, tmp_path, capsys):
    file = tmp_path / "new.parquet"
    frame[frame["label"] == 1].to_parquet(file)
    evaluate.run([f"run={finished_run}", f"file={file}"])
    printed = capsys.readouterr().out
    assert "auroc=undefined" in printed
    assert "negative: precision=0.0000 recall=undefined f1=undefined, 0 rows" in printed


def test_answers_count_and_not_the_likeliest_class():
    probabilities = np.array([[0.6, 0.4], [0.3, 0.7], [0.9, 0.1]], np.float32)
    found = scores_of(probabilities, np.array([1, 1, 0]), np.array([1, 1, 0]), OneOf(2), ("a", "b"))
    assert found.scores["accuracy"] == found.scores["f1"] == 1
    assert found.scores["loss"] == pytest.approx(-np.log([0.4, 0.7, 0.9]).mean())


def test_answers_in_an_order_have_distances_and_f1_is_of_the_class_that_is_asked_for():
    shares = np.eye(3, dtype=np.float32)
    answers, right = np.array([2, 1, 0]), np.array([0, 1, 0])
    names = ("1", "2", "3")
    found = scores_of(shares, answers, right, OneOf(3), names, Yardstick(places=[1, 2, 3])).scores
    assert found["mean_absolute_error"] == pytest.approx(2 / 3)
    assert found["quadratic_kappa"] is not None
    two = np.array([[0.6, 0.4], [0.3, 0.7], [0.9, 0.1]], np.float32), np.array([0, 1, 0])
    found = scores_of(*two, np.array([1, 1, 0]), OneOf(2), ("a", "b"), Yardstick(positive=0)).scores
    assert found["f1"] == pytest.approx(2 / 3)


@pytest.mark.slow
def test_a_path_to_another_table_is_a_file_to_score(frame, finished_run, tmp_path, capsys):
    frame["label"] = 1  # no corpus to train on
    file = tmp_path / "new.csv"
    frame.rename(columns={"text": "body"}).to_csv(file, index=False)
    evaluate.run([f"run={finished_run}", f"file={file}", "text_column=body"])
    expected = capsys.readouterr().out
    evaluate.run([f"run={finished_run}", f"data.path={file}", "data.text_column=body"])
    printed = capsys.readouterr()
    assert printed.out == expected
    assert f"{file} is not the corpus of {finished_run}" in printed.err
    with pytest.raises(UserError, match="single class"):
        evaluate.run([f"run={finished_run}", f"data.path={file}", "data.text_column=body",
                      "calibrate=true"])  # fmt: skip


@pytest.mark.parametrize("more", ["calibrate=true", "data.path=folder", "trainer=cpu"])
def test_what_is_for_the_runs_own_corpus_is_refused(finished_run, more):
    with pytest.raises(UserError, match="for the run's own corpus"):
        evaluate.run([f"run={finished_run}", "file=new.csv", more])


def test_another_kind_of_file_is_refused(predictor, tmp_path):
    (tmp_path / "new.txt").write_text("text")
    with pytest.raises(UserError, match=r"neither one of \.csv"):
        score_file(predictor, tmp_path / "new.txt", USUAL, stop)
