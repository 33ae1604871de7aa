"""A run on sequences of numbers, without a corpus or held-out data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import lightning
import torch
from omegaconf import DictConfig
from rich.console import Console
from rich.table import Table

from rnn_sentiment.configuration import make
from rnn_sentiment.lectures.weather import Regressor
from rnn_sentiment.training.build import build_trainer
from rnn_sentiment.training.checkpoint_io import continuing, to_resume
from rnn_sentiment.training.loggers import log_settings
from rnn_sentiment.training.results import facts, history_of


def fit_numbers(cfg: DictConfig, folder: Path) -> dict[str, Any]:
    """Train, and return the entries of `results.json`.

    `loss` is the mean squared error over the last epoch; `predictions` and `targets` have a number
    for each sequence, or a list of them, one for each step.
    """
    lightning.seed_everything(cfg.seed, workers=True, verbose=False)
    data = make(cfg, "data")
    regressor = build_regressor(cfg, data.num_features)
    trainer = build_trainer(cfg, folder)
    log_settings(trainer, cfg)
    checkpoint = to_resume(cfg, folder)
    with continuing(trainer, checkpoint):
        trainer.fit(regressor, datamodule=data, ckpt_path=checkpoint, weights_only=True)
    with torch.inference_mode():
        predictions = regressor.eval()(data.batch)
    return {
        **facts(cfg, trainer, regressor),
        "loss": history_of(trainer)[-1]["train/loss"],
        "predictions": predictions.squeeze(-1).tolist(),
        "targets": data.batch.targets.squeeze(-1).tolist(),
    }


def build_regressor(cfg: DictConfig, num_features: int) -> Regressor:
    """Make the untrained regressor for sequences of numbers."""
    encoder = make(cfg, "model", input_dim=num_features)
    return Regressor(encoder, make(cfg, "optimizer"), make(cfg, "scheduler"))


def print_predictions(results: dict[str, Any], folder: Path) -> None:
    """Print the predictions of a run on sequences of numbers beside the targets."""
    table = Table(title=f"mean squared error {results['loss']:.3f}")
    table.add_column("predicted", justify="right")
    table.add_column("target", justify="right")
    for row in zip(results["predictions"], results["targets"], strict=True):
        table.add_row(
            *(
                " ".join(f"{v:.2f}" for v in (value if isinstance(value, list) else [value]))
                for value in row
            )
        )
    console = Console()
    console.print(table)
    console.print(f"{results['parameters_as_in_keras']:,} parameters, one bias vector a layer")
    console.print(f"run folder:  {folder}", soft_wrap=True)
