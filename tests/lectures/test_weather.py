"""Sequences of numbers: the lecture's shapes, and a loss that falls through the train command."""

from __future__ import annotations

import json

import pytest
import torch

from rnn_sentiment.encoders import RecurrentLayer
from rnn_sentiment.lectures.regression import build_regressor
from rnn_sentiment.lectures.weather import Regressor, WeatherDataModule
from rnn_sentiment.training.parameters import num_as_in_keras
from tests.conftest import Command
from tests.test_configuration import compose


@pytest.mark.parametrize(("each_day", "shape"), [(False, (3, 1)), (True, (3, 4, 1))])
def test_three_cities_of_four_days_with_three_features(each_day, shape):
    data = WeatherDataModule(each_day, standardized=False, steps=5)
    batches = list(data.train_dataloader())
    assert len(batches) == 5
    assert all(batch.inputs.shape == (3, 4, 3) for batch in batches)
    assert all(batch.targets.shape == shape for batch in batches)


def test_standardized_features_have_one_scale():
    inputs = WeatherDataModule(each_day=False, standardized=True, steps=1).batch.inputs
    for feature in inputs.unbind(2):
        assert feature.mean() == pytest.approx(0, abs=1e-6)
        assert feature.square().mean() == pytest.approx(1)


@pytest.mark.parametrize(("name", "shape"), [("weather", (3, 1)), ("weather_sequence", (3, 4, 1))])
def test_predictions_have_the_shape_of_targets(name, shape):
    cfg = compose(f"experiment={name}")
    model = build_regressor(cfg, num_features=3)
    batch = WeatherDataModule(cfg.data.each_day, standardized=True, steps=1).batch
    assert model(batch).shape == batch.targets.shape == shape


@pytest.mark.parametrize(("units", "features"), [(2, 3), (10, 3), (5, 7)])
def test_a_plain_recurrent_layer_has_as_many_parameters_as_the_lecture_says(units, features):
    layer = RecurrentLayer(features, "rnn", units)
    assert num_as_in_keras(layer) == units * (units + features + 1)


def test_an_output_of_a_day_depends_on_no_later_day():
    torch.manual_seed(0)
    model = Regressor(
        RecurrentLayer(3, "rnn", 2), torch.optim.Adam, torch.optim.lr_scheduler.StepLR
    )
    batch = WeatherDataModule(each_day=True, standardized=True, steps=1).batch
    changed = batch.inputs.clone()
    changed[:, 2] += 1
    before, after = model(batch), model(batch._replace(inputs=changed))
    assert torch.equal(before[:, :2], after[:, :2])
    assert (before[:, 2:] != after[:, 2:]).all()


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["weather", pytest.param("weather_sequence", marks=pytest.mark.battery)]
)
def test_the_loss_falls(name, run: Command, tmp_path):
    done = run("train", f"experiment={name}", "trainer.max_epochs=5", "hydra.run.dir=run")
    assert done.returncode == 0, done.stderr
    results = json.loads((tmp_path / "run" / "results.json").read_text())
    assert results["status"] == "completed"
    losses = [row["train/loss"] for row in results["history"]]
    assert len(losses) == 5
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < losses[0]
    assert results["loss"] == losses[-1]
    assert "predicted" in done.stdout
    assert (tmp_path / "run" / "checkpoints" / "best.ckpt").exists()
    wrong = run("predict", "run=run", "text")
    assert wrong.returncode == 2
    assert "is not the folder of a trained run" in wrong.stderr
    assert run("evaluate", "run=run").returncode == 2
