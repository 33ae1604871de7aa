"""Reading runs: what cannot be used is left out with its reason, and nothing ends in an error."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
import yaml

from rnn_sentiment.errors import UserError
from rnn_sentiment.report.contents import make_report
from rnn_sentiment.report.loading import load, read_run
from tests.report.conftest import write_run


def spoil(folder: Path, what: str) -> None:
    results = folder / "results.json"
    predictions = folder / "predictions.parquet"
    stated = json.loads(results.read_text())
    if what == "failed":
        results.write_text(json.dumps({"status": "failed", "error": "out of memory"}))
    elif what == "cut":
        results.write_text(results.read_text()[:40])
    elif what == "nan":
        results.write_text(results.read_text().replace('"parameters": 1000', '"parameters": NaN'))
    elif what == "truncated predictions":
        predictions.write_bytes(predictions.read_bytes()[:200])
    elif what == "boasts":
        results.write_text(json.dumps(stated | {"test": {"accuracy": 0.999}}))
    elif what == "link":
        predictions.unlink()
        predictions.symlink_to("/dev/zero")
    elif what == "deep":
        results.write_text("[" * 100_000)
    elif what == "list":
        results.write_text("[]")
    elif what == "predictions only":
        results.unlink()
    elif what == "flipped":
        frame = pd.read_parquet(predictions)
        frame.assign(label=1 - frame["label"]).to_parquet(predictions)
    elif what == "other reviews":
        frame = pd.read_parquet(predictions)
        frame.assign(row_id="x" + frame["row_id"]).to_parquet(predictions)
    elif what == "other classes":
        results.write_text(json.dumps(stated | {"classes": {"positive": 0, "negative": 0}}))
    elif what == "text":
        frame = pd.read_parquet(predictions)
        frame.astype({"probability": str}).to_parquet(predictions)
    elif what == "third label":
        frame = pd.read_parquet(predictions)
        frame.assign(label=frame["label"] * 2).to_parquet(predictions)


@pytest.mark.parametrize(
    ("what", "why"),
    [
        ("failed", "failed: out of memory"),
        ("cut", "not JSON"),
        ("nan", "parameters"),
        ("truncated predictions", "damaged"),
        ("boasts", "says a test accuracy of 0.9990"),
        ("link", "not a regular file"),
        ("deep", "nested too deeply"),
        ("list", "no JSON object"),
        ("predictions only", "no results.json"),
        ("flipped", "row_ids or labels are not those of the other runs"),
        ("other reviews", "row_ids or labels are not those of the other runs"),
        ("other classes", "classes are not those of the other runs"),
        ("text", "probability is"),
        ("third label", "a label has no probability"),
    ],
)
def test_what_cannot_be_used_is_left_out_with_its_reason(runs, what, why):
    for folder in runs.iterdir():
        stated = json.loads((folder / "results.json").read_text())
        stated["classes"] = {"negative": 0, "positive": 0}
        (folder / "results.json").write_text(json.dumps(stated))
    spoil(runs / "rnn-3", what)
    report = make_report([runs])
    (one,) = report.left_out
    assert one.folder == runs / "rnn-3"
    assert why in one.reason
    (comparison,) = report.comparisons
    assert "rnn" in comparison.warnings[0]


@pytest.mark.parametrize("num_test", [1, 2, 4])
def test_runs_on_a_handful_of_reviews_are_compared(num_test, tmp_path):
    for name, skill in (("gru", 0.9), ("lstm", 0.3)):
        for seed in (1, 2):
            write_run(tmp_path / f"{name}{seed}", name, seed, skill, num_test=num_test)
    report = make_report([tmp_path])
    assert not report.left_out
    assert len(report.comparisons[0].verdicts) == 1


def configure(folder: Path, config: dict[str, object], *overrides: str) -> None:
    """Write a configuration beside a run."""
    (folder / ".hydra").mkdir()
    (folder / ".hydra" / "config.yaml").write_text(yaml.safe_dump(config))
    (folder / ".hydra" / "overrides.yaml").write_text(yaml.safe_dump([*overrides]))


def test_a_score_that_its_rounding_took_past_one_is_one(tmp_path):
    folder = write_run(tmp_path / "a", "gru", 1, 0.9)
    file = folder / "results.json"
    stated = json.loads(file.read_text())
    stated["test"] = {"accuracy": 0.9, "auroc": 1.0000001192092896}
    file.write_text(json.dumps(stated))
    assert read_run(folder).results.test.auroc == 1
    stated["test"] |= {"auroc": 1.01}
    file.write_text(json.dumps(stated))
    with pytest.raises(UserError, match=r"^results.json: test.auroc: .* less than or equal to 1$"):
        read_run(folder)


def test_an_override_that_takes_a_key_away_is_read(tmp_path):
    configure(write_run(tmp_path / "a", "gru", 1, 0.9), {}, "~callbacks.early_stopping", "+a=1")
    (run,), left_out = load([tmp_path])
    assert not left_out
    assert run.overrides == {"callbacks.early_stopping": "null", "a": "1"}


@pytest.mark.parametrize("text", ["a: [", "- 1", "3", "a: ${", "\x00"])
def test_a_damaged_configuration_is_a_reason(text, tmp_path):
    folder = write_run(tmp_path / "a", "gru", 1, 0.9)
    configure(folder, {})
    (folder / ".hydra" / "config.yaml").write_text(text)
    found, left_out = load([tmp_path])
    assert not found
    assert ".hydra/config.yaml" in left_out[0].reason
