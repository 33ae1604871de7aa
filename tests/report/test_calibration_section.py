"""The report says how sure and how right answers are, by class and by length."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from rnn_sentiment.report.calibration_section import MOST_CLASSES, calibration_section
from rnn_sentiment.report.contents import make_report
from rnn_sentiment.report.section import Section
from tests.report.conftest import write_run

NUM = 1000


def section_of(folder: Path) -> Section:
    section = calibration_section(make_report([folder]).comparisons)
    assert section is not None
    return section


def test_answers_that_are_less_sure_than_right_are_below_zero(tmp_path):
    for seed in (1, 2):
        folder = write_run(tmp_path / f"gru{seed}", "gru", seed, skill=0.9, num_test=NUM)
        frame = pd.read_parquet(folder / "predictions.parquet")
        frame["probability"] = frame["probability"].round(1)  # 0.8 for every answer
        frame.to_parquet(folder / "predictions.parquet")
    section = section_of(tmp_path)
    table = section.table.set_index("texts of")
    everything = table.loc["all"]
    assert everything["texts"] == NUM
    assert everything["mean probability of the answer, %"] == 80
    assert everything["right, %"] == 90
    assert everything["overconfidence, points"] == -10
    assert everything["calibration error, points"] == 10
    assert table["with the temperature, points"].isna().all()
    assert table.loc[["0", "1"], "texts"].sum() == NUM
    assert table["texts"].iloc[-5:].tolist() == [NUM // 5] * 5
    assert "<b>−10.00</b>" in section.html
    assert "→" not in section.html
    assert "| −10.00, error 10.00 |" in section.markdown


def test_what_was_fitted_is_shown_beside_it(tmp_path):
    folder = write_run(tmp_path / "gru", "gru", 1, skill=0.9, num_test=NUM)
    names = section_of(tmp_path).table["texts of"]
    group = {"rows": 9, "confidence": 0.93, "right": 0.9, "covered": 0.88, "size": 1.1}
    groups = [group | {"rows_of": name} for name in names]
    fitted = {"temperature": 0.7, "sets": {"coverage": 0.95}, "groups": groups}
    results = json.loads((folder / "results.json").read_text())
    (folder / "results.json").write_text(json.dumps(results | {"calibrated": fitted}))
    section = section_of(tmp_path)
    assert set(section.table["with the temperature, points"]) == {3}
    assert set(section.table["sets promise, %"]) == {95}
    assert set(section.table["sets hold the right class, %"]) == {88}
    assert "temperature 0.70, sets for 95.00 %" in section.markdown
    assert re.search(r"→ 3\.00, error [\d.]+, sets 88\.00 %", section.markdown)
    assert "<small>sets 88.00 %</small>" in section.html
    write_run(tmp_path / "gru2", "gru", 2, skill=0.9, num_test=NUM)  # which is not calibrated
    assert "temperature 0.70" not in section_of(tmp_path).markdown


def test_a_page_shows_the_largest_classes_and_the_file_all(tmp_path):
    folder = write_run(tmp_path / "gru", "gru", 1, skill=0.9, num_test=NUM)
    random = np.random.default_rng(0)
    shares = random.dirichlet(np.ones(9), NUM)
    labels = (random.geometric(0.3, NUM) - 1) % 9  # small ones are common
    frame = pd.read_parquet(folder / "predictions.parquet").drop(columns="probability")
    frame = frame.assign(label=labels, **{f"probability_{i}": shares[:, i] for i in range(9)})
    frame.to_parquet(folder / "predictions.parquet")
    section = section_of(tmp_path)
    assert len(section.table) == 1 + 9 + 5
    (header,) = [line for line in section.markdown.splitlines() if "architecture" in line]
    assert header.count("|") - 2 == 1 + MOST_CLASSES + 5
    assert " 0 (" in header
    assert " 8 (" not in header


def test_without_probabilities_there_is_no_section(tmp_path):
    scores = {"accuracy": 0.5, "f1": 0.5}
    folder = write_run(
        tmp_path / "svm", "svm", 1, skill=0.5, num_test=NUM, test=scores, test_deduplicated=scores
    )
    frame = pd.read_parquet(folder / "predictions.parquet")
    frame["predicted"] = (frame["probability"] > 0.5).astype(int)
    frame.drop(columns="probability").to_parquet(folder / "predictions.parquet")
    assert calibration_section(make_report([tmp_path]).comparisons) is None


def test_texts_of_one_length_are_one_group_beside_the_classes(tmp_path):
    folder = write_run(tmp_path / "gru", "gru", 1, skill=0.9, num_test=NUM)
    frame = pd.read_parquet(folder / "predictions.parquet").assign(length=7)
    frame.to_parquet(folder / "predictions.parquet")
    section = section_of(tmp_path)
    assert section.table["texts of"].tolist() == ["all", "0", "1", "7 tokens"]
    assert "7 tokens (1,000) |" in section.markdown


@pytest.mark.parametrize("num_test", [1, 3])
def test_a_handful_of_texts_is_no_trouble(num_test, tmp_path):
    write_run(tmp_path / "gru", "gru", 1, skill=0.9, num_test=num_test)
    assert len(section_of(tmp_path).table) >= 2 + num_test


def test_each_class_has_the_error_of_its_own_probability(tmp_path):
    folder = write_run(tmp_path / "gru", "gru", 1, skill=0.9, num_test=NUM)
    labels = np.arange(NUM) % 3
    shares = np.zeros((NUM, 4))
    shares[:, 0] = labels == 0  # always right
    shares[:, 1] = np.where(labels == 0, 0, 0.8)  # right in half of these
    shares[:, 2] = np.where(labels == 0, 0, 0.2)
    frame = pd.read_parquet(folder / "predictions.parquet").drop(columns="probability")
    frame = frame.assign(label=labels, **{f"probability_{i}": shares[:, i] for i in range(4)})
    frame.to_parquet(folder / "predictions.parquet")
    table = section_of(tmp_path).table.set_index("texts of")
    errors = table["calibration error, points"]
    assert errors["0"] == 0
    assert errors["1"] == errors["2"] == pytest.approx(20, abs=0.1)  # 0.3 too much in two thirds
    assert "3" not in errors  # no text has it
    assert errors.iloc[-5:].isna().all()  # fifths by length
