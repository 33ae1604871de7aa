"""Runs that kept their answers but no probabilities."""

from __future__ import annotations

import json

import pandas as pd

from rnn_sentiment.report.contents import make_report
from rnn_sentiment.report.figures import draw


def test_runs_that_kept_answers_without_probabilities_get_verdicts(runs):
    for file in runs.glob("*/predictions.parquet"):
        frame = pd.read_parquet(file)
        results = json.loads((file.parent / "results.json").read_text())
        frame["predicted"] = (frame.pop("probability") >= 0.5).astype(int)
        right = frame["predicted"] == frame["label"]
        scores = {"accuracy": float(right.mean())}
        results |= {"test": scores, "test_deduplicated": scores}
        if "gru" in file.parent.name:
            frame["probability"] = 0.8 * frame["predicted"] + 0.1
        frame.to_parquet(file)
        (file.parent / "results.json").write_text(json.dumps(results))
    (comparison,) = make_report([runs]).comparisons
    assert len(comparison.verdicts) == 3
    (reliability,) = (p for p in draw(comparison.rows) if p.name == "reliability")
    titles = [axis.get_title("left") for axis in reliability.figure.axes]
    assert [title for title in titles if title] == ["gru"]


def test_answers_without_probabilities_need_scores(runs):
    file = runs / "gru-1" / "predictions.parquet"
    frame = pd.read_parquet(file)
    frame["predicted"] = (frame.pop("probability") >= 0.5).astype(int)
    frame.to_parquet(file)
    (left_out,) = make_report([runs]).left_out
    assert left_out.reason == "predictions.parquet lacks the column probability"
