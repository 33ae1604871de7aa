"""The command `predict` over whole files: every row answered as it would be by itself."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pandas as pd
import pytest

from rnn_sentiment.calibration import Calibration, Sets, Threshold
from rnn_sentiment.errors import UserError
from rnn_sentiment.inference import Predictor
from rnn_sentiment.inference.classify import MOST_NAMED, BadRows, rows_of, write_answers
from rnn_sentiment.inference.inputs import Given
from tests.conftest import Command


@pytest.fixture(scope="module")
def predictor(finished_run: Path) -> Predictor:
    return Predictor.load(finished_run)


def test_answers_keep_their_order_in_sorted_batches(predictor, tmp_path, monkeypatch):
    monkeypatch.setattr("rnn_sentiment.inference.inputs.WINDOW", 50)
    words = random.Random(0)
    texts = [" ".join(words.choices(["good", "bad", "film"], k=words.randint(1, 60)))
             for _ in range(130)]  # fmt: skip
    file = tmp_path / "answers.parquet"
    assert write_answers(predictor, (Given(i, t) for i, t in enumerate(texts)), file) == 130
    found = pd.read_parquet(file)
    assert found["text"].tolist() == texts
    assert found["row"].tolist() == list(range(130))
    for row in (0, 49, 50, 129):
        expected = predictor([texts[row]])[0]
        assert found["probability_positive"][row] == pytest.approx(expected["positive"], abs=2e-6)
        assert found["label"][row] == max(expected, key=lambda name: expected[name])


def test_a_fitted_threshold_and_sets_are_in_the_answers(finished_run, tmp_path):
    predictor = Predictor.load(finished_run)
    positive = predictor(["a film"])[0]["positive"]
    for bound, label in ((positive - 0.01, "positive"), (positive + 0.01, "negative")):
        predictor.calibration = Calibration(
            temperature=1.0, rows=9, threshold=Threshold(aim="f1", probability=bound),
            sets=Sets(coverage=0.9, probability=0.0),
        )  # fmt: skip
        write_answers(predictor, [Given(0, "a film")], tmp_path / "answers.jsonl")
        answer = json.loads((tmp_path / "answers.jsonl").read_text())
        assert (answer["label"], answer["set"]) == (label, ["negative", "positive"])


def test_temperature_moves_probabilities_to_the_middle_and_keeps_their_order(finished_run):
    plain, hot = Predictor.load(finished_run), Predictor.load(finished_run)
    hot.calibration = Calibration(temperature=4.0, rows=9)
    for before, after in zip(plain(["good", "bad bad"]), hot(["good", "bad bad"]), strict=True):
        assert abs(after["positive"] - 0.5) < abs(before["positive"] - 0.5)
        assert (after["positive"] > 0.5) == (before["positive"] > 0.5)


def test_cut_texts_and_skipped_rows_are_counted(run: Command, finished_run, tmp_path):
    rows = [{"text": "word " * 600}, {"text": None}, {"text": "word"}]
    (tmp_path / "t.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    arguments = f"run={finished_run}", "file=t.jsonl", "out=answers.csv"
    done = run("predict", *arguments)
    assert (done.returncode, (tmp_path / "answers.csv").exists()) == (2, False)
    assert "t.jsonl line 2: text is None, not a text" in done.stderr
    done = run("predict", *arguments, "bad_rows=skip")
    assert done.returncode == 0, done.stderr
    assert "1 of 2 texts have more than the 500 tokens that are read" in done.stderr
    assert "skipped: t.jsonl line 2: text is None, not a text\n" in done.stderr
    assert "Classifying" not in done.stderr  # a line of its progress is due after half a minute
    assert "\r" not in done.stderr
    assert done.stderr.endswith("1 bad row was skipped\n")
    assert pd.read_csv(tmp_path / "answers.csv")["row"].tolist() == [0, 2]


def test_a_pipe_gets_whole_texts_and_blank_lines_answers(run: Command, finished_run, tmp_path):
    (tmp_path / "t.txt").write_text(f"{'long ' * 50}\n\nlast")
    done = run("predict", f"run={finished_run}", "file=t.txt")
    assert [line.split("\t")[2].strip() for line in done.stdout.splitlines()] == [
        ("long " * 50).strip(), "", "last",
    ]  # fmt: skip


def test_many_bad_rows_are_counted_and_not_all_named(capsys):
    bad = BadRows("skip")
    for number in range(MOST_NAMED + 5):
        bad.refuse(UserError(f"row {number}"))
    bad.print_count()
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == MOST_NAMED + 1
    assert lines[-1] == f"{MOST_NAMED + 5} bad rows were skipped"


def test_no_text_leaves_no_file(predictor, tmp_path):
    (tmp_path / "empty.txt").touch()
    given = rows_of([], tmp_path / "empty.txt", BadRows("stop"))
    with pytest.raises(UserError, match=r"no text to classify in .*empty\.txt"):
        write_answers(predictor, given, tmp_path / "answers.csv")
    assert not (tmp_path / "answers.csv").exists()
