"""Figures: legends and labels stay inside and apart, whatever rows are called."""

from __future__ import annotations

import json

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from omegaconf import OmegaConf

from rnn_sentiment.configuration import compose
from rnn_sentiment.report.contents import make_report
from rnn_sentiment.report.figures import draw
from rnn_sentiment.report.figures.answers import recalls_of
from rnn_sentiment.report.figures.drawing import WIDEST, points_of, short
from tests.report.conftest import write_run

pytestmark = pytest.mark.slow


def test_legends_and_labels_stay_inside_and_apart(tmp_path):
    for number in range(6):
        for seed in (1, 2, 3):
            name = f"an_architecture_{number}"
            write_run(tmp_path / f"{name}-{seed}", name, seed, 0.8 + number / 1000)
    (comparison,) = make_report([tmp_path]).comparisons
    for picture in draw(comparison.rows):
        picture.figure.draw_without_rendering()
        for legend in picture.figure.legends:
            box, page = legend.get_window_extent(), picture.figure.bbox
            assert box.x0 >= page.x0
            assert box.x1 <= page.x1
        if picture.name == "pareto":
            boxes = [text.get_window_extent() for text in picture.figure.axes[0].texts]
            assert len(boxes) == 6
            assert not any(box.count_overlaps(boxes[:n]) for n, box in enumerate(boxes))


@pytest.mark.parametrize("letter", ["i", "m", "W"])
def test_a_short_name_is_as_wide_as_there_is_room(letter):
    assert short(f"{letter}_{letter}") == f"{letter}_{letter}"
    found = short("a" + 200 * letter + "z")
    assert found.startswith("a")
    assert found.endswith("z")
    assert 0.9 * WIDEST < points_of(found) <= WIDEST


@pytest.mark.parametrize(
    ("letter", "num_test"), [("m", 50), pytest.param("m", 3, marks=pytest.mark.battery)]
)
def test_a_name_of_200_characters_leaves_room_for_the_data(letter, num_test, tmp_path):
    for end in "ab":
        name = letter * 199 + end
        for seed in (1, 2):
            write_run(tmp_path / f"{end}{seed}", name, seed, 0.7, num_test=num_test)
    (comparison,) = make_report([tmp_path]).comparisons
    pictures = draw(comparison.rows)
    assert ("lengths" in {picture.name for picture in pictures}) == (num_test == 50)
    for picture in pictures:
        picture.figure.draw_without_rendering()  # warns where axes have collapsed
        for axis in picture.figure.axes:
            assert axis.get_window_extent().width > 100
        plt.close(picture.figure)


OLD_GRU = {"_target_": "rnn_sentiment.encoders.RecurrentEncoder", "cell": "gru", "dropout": 0}


@pytest.mark.parametrize(
    ("model", "drawn"),
    [(compose("model=gru").model, True), (OLD_GRU, True), (compose("model=conv1d").model, False)],
    ids=["gru", "gru of an older run", "conv1d"],
)
def test_gradients_are_drawn_of_recurrent_models(model, drawn, tmp_path):
    run = write_run(tmp_path / "run", "run", 1, 0.8)
    (run / ".hydra").mkdir()
    OmegaConf.save({"seed": 1, "model": model}, run / ".hydra" / "config.yaml")
    (run / ".hydra" / "overrides.yaml").write_text("[]\n")
    flow = {"epochs": [0, 1], "distance": [0, 1, 2], "norm": [[1.0, 0.5, 0.2]] * 2}
    (run / "gradient_flow.json").write_text(json.dumps(flow))
    (comparison,) = make_report([tmp_path]).comparisons
    assert ("gradients" in {picture.name for picture in draw(comparison.rows)}) == drawn


def test_recall_is_of_each_class_or_each_of_several_labels(tmp_path):
    classes = {"art": {}, "law": {}}
    folder = write_run(tmp_path / "a", "any", 1, 0.5, num_test=60, classes=classes)
    frame = pd.read_parquet(folder / "predictions.parquet")
    frame["label"] = np.arange(60) % 3 == 0  # 40 are art, 20 are law
    frame["probability"] = np.where(np.arange(60) < 30, 0.9, 0.1)
    frame.astype({"label": int}).to_parquet(folder / "predictions.parquet")
    (comparison,) = make_report([tmp_path]).comparisons
    assert recalls_of(comparison.rows[0]) == {"art": 0.5, "law": 0.5}

    frame["label"] = np.where(np.arange(60) < 20, 0b11, 0b01)  # 20 are law, too
    frame["probability_0"] = np.where(np.arange(60) % 4 == 0, 0.1, 0.8)
    frame["probability_1"] = np.where(np.arange(60) < 5, 0.7, 0.2)
    frame.drop(columns="probability").to_parquet(folder / "predictions.parquet")
    results = json.loads((folder / "results.json").read_text())
    results["data"]["several"] = True
    (folder / "results.json").write_text(json.dumps(results))
    (comparison,) = make_report([tmp_path]).comparisons
    assert recalls_of(comparison.rows[0]) == {"art": 0.75, "law": 0.25}
    names = [picture.name for picture in draw(comparison.rows, comparison.verdicts)]
    assert "recalls" in names
