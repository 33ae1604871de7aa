"""The model card says what the results of the run say."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from rnn_sentiment import export, manifest
from rnn_sentiment.errors import UserError


def card_of(run: Path, out: Path, *more: str) -> str:
    export.run([f"run={run}", f"out={out}", *more])
    return (out / "README.md").read_text()


def test_it_states_data_and_scores_of_the_run(bundle, finished_run):
    card = (bundle / "README.md").read_text()
    results = json.loads((finished_run / "results.json").read_text())
    assert results["data"]["fingerprint"] in card
    assert f"| corpus | {results['data']['title']} |" in card
    for part in ("validation", "test", "test_deduplicated"):
        for metric in ("accuracy", "f1", "auroc", "calibration_error", "loss"):
            assert f"{results[part][metric]:.4f}" in card
    for name, scores in results["classes"].items():
        precision = "–" if scores["precision"] is None else f"{scores['precision']:.4f}"
        assert f"| {name} | {scores['rows']} | {precision} |" in card
    section = card.split("### By length")[1].split("##")[0]
    assert sum(int(row.split("|")[2]) for row in section.splitlines()[4:] if "|" in row) == 200


def test_it_says_what_the_model_is_and_names_no_setting(bundle):
    card = (bundle / "README.md").read_text()
    assert re.search(r"A text classifier \(GRU\(\d+\), length \d+\) that tells", card)
    assert "| source | files |" in card
    assert "A text to classify." in card  # not a film


def test_the_class_that_f1_is_of_is_the_one_that_was_asked_for(finished_run, tmp_path):
    run = Path(shutil.copytree(finished_run, tmp_path / "run"))
    results = json.loads((run / "results.json").read_text())
    (run / "results.json").write_text(json.dumps(results | {"positive": "negative"}))
    manifest.seal(run)
    assert "| F1 of negative |" in card_of(run, tmp_path / "bundle")


def test_it_says_how_sure_and_how_right_the_answers_are(bundle, finished_run):
    section = (bundle / "README.md").read_text().split("## Calibration")[1].split("##")[0]
    rows = [line.split("|")[1:-1] for line in section.splitlines() if line.startswith("| ")]
    assert [row[0].strip() for row in rows[:4]] == ["test part", "all", "negative", "positive"]
    table = section[section.index("| test part") :].splitlines()
    assert all(line.startswith("|") for line in table[: 2 + 3 + 5])  # Markdown ends one at a gap
    frame = pd.read_parquet(finished_run / "predictions.parquet")
    shares = np.maximum(frame["probability"], 1 - frame["probability"])
    assert float(rows[1][2]) == pytest.approx(shares.mean(), abs=1e-4)
    assert float(rows[1][3]) == pytest.approx((frame["predicted"] == frame["label"]).mean())
    assert len(rows) == 4 + 5


def test_its_head_is_read_by_the_hub(bundle, corpus):
    _, head, _ = (bundle / "README.md").read_text().split("---\n", 2)
    stated = yaml.safe_load(head)
    assert (stated["license"], stated["pipeline_tag"]) == ("mit", "text-classification")
    assert stated["model-index"][0]["results"][0]["dataset"]["name"] == corpus.name
    assert stated["model-index"][0]["results"][0]["metrics"][0]["type"] == "accuracy"


def test_no_path_of_this_machine_is_in_a_bundle(bundle, corpus, finished_run):
    for name in ("README.md", "config.json"):
        text = (bundle / name).read_text()
        assert str(corpus) not in text
        assert str(finished_run) not in text


def test_texts_that_the_vocabulary_has_seen_say_nothing_of_unknown_words(finished_run, tmp_path):
    run = Path(shutil.copytree(finished_run, tmp_path / "run"))
    results = json.loads((run / "results.json").read_text())
    assert results["data"]["known_beforehand"] == ["validation"]
    results["data"]["known_beforehand"].append("test")
    (run / "results.json").write_text(json.dumps(results))
    manifest.seal(run)
    assert "The vocabulary was learned on the test texts" in card_of(run, tmp_path / "bundle")


def test_other_seeds_give_intervals(finished_run, tmp_path):
    other = shutil.copytree(finished_run, tmp_path / "seeds" / "other")
    for file, old, new in (("results.json", '"seed": 1', '"seed": 2'),):
        text = (other / file).read_text()
        assert old in text
        (other / file).write_text(text.replace(old, new))
    manifest.seal(other)
    card = card_of(finished_run, tmp_path / "bundle", f"seeds={tmp_path / 'seeds'}")
    accuracy = json.loads((finished_run / "results.json").read_text())["test"]["accuracy"]
    assert "over 2 seeds" in card
    assert f"| accuracy | {accuracy:.4f} | {accuracy:.4f} to {accuracy:.4f} |" in card
    with pytest.raises(UserError, match="no other seed"):
        card_of(finished_run, tmp_path / "bundle", f"seeds={finished_run}")


def test_a_run_that_was_stopped_is_no_bundle(finished_run, tmp_path):
    run = shutil.copytree(finished_run, tmp_path / "run")
    text = (run / "results.json").read_text()
    (run / "results.json").write_text(text.replace('"completed"', '"interrupted"'))
    manifest.seal(run)
    with pytest.raises(UserError, match="a bundle is made from a completed run"):
        card_of(run, tmp_path / "bundle")
