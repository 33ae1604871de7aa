"""A run on texts with several labels, from the file to answers, and what is not done with them."""

from __future__ import annotations

import csv
import json
import os
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torchmetrics.functional.classification import multilabel_f1_score

from rnn_sentiment import evaluate, export, predict
from rnn_sentiment.data.sources.form import USUAL
from rnn_sentiment.errors import UserError, stop
from rnn_sentiment.inference import Predictor
from rnn_sentiment.inference.explanation import explain
from rnn_sentiment.inference.scored_file import score_file
from rnn_sentiment.outcome import AnyOf
from rnn_sentiment.report.contents import make_report
from tests.conftest import TINY, caller

pytestmark = pytest.mark.slow
WORDS = {"art": "paint stage poem", "law": "court judge trial", "war": "tank battle army"}
RANDOM = np.random.default_rng(0)


def rows() -> list[dict[str, object]]:
    """Texts whose words say their labels; a few have none."""
    found = []
    for number in range(240):
        own = [name for name in WORDS if RANDOM.random() < 0.4]
        said = [word for name in own for word in WORDS[name].split()]
        found.append({"body": f"number {number} of a day {' '.join(said)}", "topics": own})
    return found


@pytest.fixture(scope="module")
def trained(preloaded_python, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("labels")
    lines = [json.dumps(row) for row in rows()]
    (folder / "news.jsonl").write_text("\n".join(lines))
    done = caller(preloaded_python, dict(os.environ), folder)(
        "train", "data=text_files", "data.path=news.jsonl", "data.text_column=body",
        "data.label_column=topics", "model=bag", "metrics.best=val/macro_f1", "optimizer.lr=0.05",
        *(one for one in TINY if not one.startswith("callbacks.pictures")),
        f"hydra.run.dir={folder / 'run'}",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "texts with any of 3 labels" in done.stdout
    assert "test part by label" in done.stdout
    return folder / "run"


@pytest.fixture
def run_folder(trained: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(trained, tmp_path / "run"))


def results(folder: Path) -> dict:
    return json.loads((folder / "results.json").read_text())


def test_results_are_what_the_predictions_say(trained):
    found, frame = results(trained), pd.read_parquet(trained / "predictions.parquet")
    outcome = AnyOf(3)
    shares = torch.tensor(frame.filter(regex="probability_").to_numpy())
    right = outcome.targets(torch.tensor(frame["label"].to_numpy()))
    assert found["test"]["accuracy"] == pytest.approx((frame["label"] == frame["predicted"]).mean())
    for average in ("micro", "macro"):
        score = float(multilabel_f1_score(shares, right, num_labels=3, average=average))
        assert found["test"][f"{average}_f1"] == pytest.approx(score)
        assert found["averages"][average]["f1"] == pytest.approx(score)
    assert [s["rows"] for s in found["classes"].values()] == right.sum(0).tolist()
    best = max(found["history"], key=lambda row: row["val/macro_f1"])
    assert found["validation"]["macro_f1"] == best["val/macro_f1"]
    assert found["test"]["macro_f1"] > 0.8  # it learns


def test_tensorboard_has_the_table_and_a_curve_for_each_label(trained):
    shown = EventAccumulator(str(trained / "tensorboard")).Reload().Tags()["tensors"]
    found = {name.split("/text_summary")[0] for name in shown}
    assert {"labels", *(f"precision_recall/{i}" for i in range(3))} <= found


def test_it_is_scored_again_and_thresholds_are_kept_and_used(run_folder, capsys, tmp_path):
    evaluate.run([f"run={run_folder}", "threshold=f1"])
    assert "identical to results.json" in capsys.readouterr().out
    stored = json.loads((run_folder / "calibration.json").read_text())
    thresholds = stored["threshold"]["probability"]
    assert len(thresholds) == 3
    text = "a judge and a poem"
    predictor = Predictor.load(run_folder)
    answers = predictor.answer([text])
    own = [n for n, share, least in zip(WORDS, answers.probabilities[0], thresholds, strict=True)
           if share >= least]  # fmt: skip
    assert predictor.names(answers.labels[0]) == own
    export.run([f"run={run_folder}", f"out={tmp_path / 'bundle'}"])
    bundle = Predictor.load(tmp_path / "bundle")
    assert bundle([text]) == predictor([text])
    assert bundle.names(bundle.answer([text]).labels[0]) == own
    card = (tmp_path / "bundle" / "README.md").read_text()
    assert "says which of art, law, war a text has" in card
    assert f"| macro F1 | {results(run_folder)['validation']['macro_f1']:.4f} |" in card


@pytest.mark.battery
def test_a_graph_answers_as_torch_does(trained, tmp_path):
    pytest.importorskip("onnxruntime")
    export.run([f"run={trained}", f"out={tmp_path / 'onnx'}", "format=onnx"])
    assert (tmp_path / "onnx" / "model.onnx").stat().st_size


def test_answers_name_labels_and_every_probability(trained, tmp_path, capsys):
    texts = ["court judge trial paint stage poem", "nothing"]
    predict.run([f"run={trained}", *texts])
    first = capsys.readouterr().out.splitlines()[0].split("\t")
    assert first[0] == "art|law"
    assert [part.split("=")[0] for part in first[1].split()] == [*WORDS]
    (tmp_path / "in.txt").write_text("\n".join(texts))
    for name in ("out.csv", "out.parquet"):
        predict.run([f"run={trained}", f"file={tmp_path / 'in.txt'}", f"out={tmp_path / name}"])
    with (tmp_path / "out.csv").open() as file:
        assert next(csv.DictReader(file))["labels"] == "art|law"
    assert pd.read_parquet(tmp_path / "out.parquet")["labels"][0].tolist() == ["art", "law"]


def test_a_file_is_scored_however_it_says_labels(trained, tmp_path, capsys):
    frame = pd.read_json(trained.parent / "news.jsonl", lines=True)
    flags = {name: frame["topics"].map(lambda own, name=name: int(name in own)) for name in WORDS}
    frame.assign(**flags).to_csv(tmp_path / "flags.csv")
    frame.assign(topics=frame["topics"].map("/".join)).to_csv(tmp_path / "joined.csv")
    for file, *more in (
        (trained.parent / "news.jsonl", "label_column=topics"),
        (tmp_path / "flags.csv", "label_column=[art,law,war]"),
        (tmp_path / "joined.csv", "label_column=topics", "label_separator=/"),
    ):
        evaluate.run([f"run={trained}", f"file={file}", "text_column=body", *more])
    printed = [line.split(", ", 1)[1] for line in capsys.readouterr().out.splitlines()
               if "rows:" in line]  # fmt: skip
    assert len(printed) == 3
    assert len(set(printed)) == 1
    assert "240 rows: accuracy=" in printed[0]
    assert "micro_f1=" in printed[0]


def test_the_likeliest_label_is_explained(trained):
    predictor = Predictor.load(trained)
    found = explain(predictor, "tank battle army and a day")
    assert found.label == "war"
    assert found.words.names()[int(found.most_important(1)[0])] in WORDS["war"]


def test_a_report_counts_texts_with_all_labels_right(trained):
    report = make_report([trained])
    (row,) = report.rows
    assert row.accuracies == (pytest.approx(results(trained)["test"]["accuracy"]),)
    assert "all their labels right" in report.comparisons[0].setting
    assert not row.has_probabilities
    assert {row.called(0), row.called(0b101)} == {"none", "art | war"}


def test_what_is_for_one_class_is_refused(trained, tmp_path):
    with pytest.raises(UserError, match="coverage= is for texts with one class each"):
        evaluate.run([f"run={trained}", "coverage=0.9"])
    (tmp_path / "new.csv").write_text("text,label\na,art\n")
    with pytest.raises(UserError, match="label is 'art'; write a list of labels"):
        score_file(Predictor.load(trained), tmp_path / "new.csv", USUAL, stop)
