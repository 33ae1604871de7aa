"""Loggers beside TensorBoard: what they keep of a run, and what is refused."""

from __future__ import annotations

import csv
import sqlite3
import sys
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path

import pytest
from lightning import Trainer
from lightning.pytorch.loggers import CSVLogger

from rnn_sentiment.configuration import compose, validate
from rnn_sentiment.errors import UserError
from rnn_sentiment.training.loggers import log_settings, make_logger
from tests.training.folders import results

TOLD = {"train/loss", "val/accuracy", "validation/accuracy", "test/accuracy"}


@pytest.mark.slow
def test_csv_beside_tensorboard_keeps_curves_settings_and_final_scores(train):
    folder = train("run", "model.hidden_size=8", "logger=[tensorboard,csv]")
    assert any((folder / "tensorboard").iterdir())
    kept = folder / "csv" / "version_0"
    rows = list(csv.DictReader((kept / "metrics.csv").read_text().splitlines()))
    assert set(rows[0]) >= TOLD
    curve = [float(row["val/accuracy"]) for row in rows if row["val/accuracy"]]
    found = results(folder)
    assert curve == pytest.approx([row["val/accuracy"] for row in found["history"]])
    assert float(rows[-1]["test/accuracy"]) == pytest.approx(found["test"]["accuracy"])
    assert "model.hidden_size: 8" in (kept / "hparams.yaml").read_text()


def test_a_resumed_run_leaves_the_csv_of_the_stopped_one(tmp_path):
    cfg = compose("logger=csv")
    for value in (0.5, 0.6):
        logger = make_logger(cfg, "csv", tmp_path)
        logger.log_metrics({"val/accuracy": value}, step=1)
        logger.save()
    files = sorted((tmp_path / "csv").rglob("metrics.csv"))
    assert [file.read_text().splitlines()[1] for file in files] == ["1,0.5", "1,0.6"]


@pytest.mark.battery
@pytest.mark.skipif(
    not (find_spec("wandb") and find_spec("mlflow")), reason="needs the extras wandb and mlflow"
)
def test_wandb_and_mlflow_at_once_without_a_network(train, environment):
    environment.update(WANDB_MODE="offline")
    folder = train("run", "model.hidden_size=8", "logger=[wandb,mlflow]")
    [record] = (folder.parent / "wandb").glob("offline-run-*/run-*.wandb")
    contents = record.read_bytes()
    assert all(name.encode() in contents for name in (*TOLD, "model.hidden_size"))
    with closing(sqlite3.connect(folder.parent / "mlflow.db")) as database:
        assert database.execute("SELECT name, status FROM runs").fetchall() == [("run", "FINISHED")]
        settings = dict(database.execute("SELECT key, value FROM params"))
        metrics = dict(database.execute("SELECT key, value FROM latest_metrics"))
    assert settings["model.hidden_size"] == "8"
    assert set(metrics) >= TOLD
    assert metrics["test/accuracy"] == pytest.approx(results(folder)["test"]["accuracy"])


@pytest.mark.parametrize("name", ["wandb", "mlflow"])
def test_an_extra_that_is_missing_is_named(name, monkeypatch):
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(UserError, match=rf"logger={name} needs {name}: pip install .*\[{name}\]"):
        make_logger(compose(f"logger={name}"), name, Path("run"))


@pytest.mark.parametrize("key", ["tracking_uri", "artifact_location"])
def test_a_configuration_does_not_say_where_data_is_sent(key):
    cfg = compose("logger=mlflow", f"+logger.mlflow.{key}='http://elsewhere'")
    with pytest.raises(UserError, match=f"{key}: .* set MLFLOW_TRACKING_URI"):
        validate(cfg)


@pytest.mark.parametrize(
    ("name", "hint"), [("WandbLogger", " (WANDB_MODE=offline"), ("Other", "$")]
)
def test_a_logger_that_cannot_start_is_one_line(name, hint, tmp_path):
    def fail(self: CSVLogger, params: object) -> None:
        raise RuntimeError("no account\nlog in first")

    logger = type(name, (CSVLogger,), {"log_hyperparams": fail})(tmp_path)
    trainer = Trainer(accelerator="cpu", logger=logger, enable_checkpointing=False)
    with pytest.raises(UserError) as error:
        log_settings(trainer, compose("name=gru"))
    assert f"{error.value}$".startswith(f"{name} cannot start: no account log in first{hint}")
