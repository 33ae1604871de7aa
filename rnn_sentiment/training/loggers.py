"""The loggers of a run, and what they record besides curves: settings and final scores."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lightning import Trainer
from lightning.pytorch.loggers import Logger, TensorBoardLogger, WandbLogger
from omegaconf import DictConfig

from rnn_sentiment.configuration import make
from rnn_sentiment.errors import UserError
from rnn_sentiment.extras import need
from rnn_sentiment.training import tensorboard
from rnn_sentiment.upgrade import short_name

HYPERPARAMETERS: dict[str, tuple[str, ...] | None] = {  # keys by group; None for all keys
    "data": (
        *("batch_size", "batch_by", "bucketed", "max_length", "truncation", "masked", "padding"),
        *("shuffle_words", "train_size", "deduplicate"),
    ),
    "tokenizer": None,
    "embedding": None,
    "ngrams": None,
    "model": None,
    "objective": None,
    "loss": None,
    "optimizer": None,
    "scheduler": None,
    "trainer": ("max_epochs", "precision", "gradient_clip_val"),
}
NOT_HYPERPARAMETERS = ("_target_", "_partial_", "path")
EXTRAS = {"WandbLogger": "wandb", "MLFlowLogger": "mlflow"}


def make_logger(cfg: DictConfig, name: str, folder: Path) -> Logger:
    """Build a logger of a run; it names the run after its folder.

    Weights & Biases and MLflow compare runs, so their loggers share a store beside the run folders;
    other loggers write into the run folder. `MLFLOW_TRACKING_URI` sets another store for MLflow.

    Raises:
        UserError: the logger's package is not installed.
    """
    options: dict[str, Any] = {"save_dir": str(folder)}
    if extra := EXTRAS.get(str(cfg.logger[name].get("_target_")).rpartition(".")[2]):
        need(f"logger={extra}", extra, extra)
        beside = folder.resolve().parent
        if extra == "wandb":
            options = {"save_dir": str(beside), "name": folder.name}
        else:
            uri = os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{beside / 'mlflow.db'}"
            options = {"tracking_uri": uri, "run_name": folder.name}
    logger: Logger = make(cfg, f"logger.{name}", **options)
    return logger


def log_settings(trainer: Trainer, cfg: DictConfig) -> None:
    """Start all loggers, and log the configuration of the run.

    Raises:
        UserError: a logger cannot start, for example without a server or an account.
    """
    tensorboard.log_configuration(trainer, cfg)
    for logger in others(trainer):
        try:
            logger.log_hyperparams(settings(cfg))
        except OSError:  # a disk error is not specific to one logger
            raise
        except Exception as error:
            name, reason = type(logger).__name__, " ".join(str(error).split())
            hint = " (WANDB_MODE=offline needs no account)" if name == "WandbLogger" else ""
            raise UserError(f"{name} cannot start: {reason}{hint}") from error


def log_scores(trainer: Trainer, cfg: DictConfig, results: dict[str, Any]) -> None:
    """Log the final metrics of validation and test, and close all loggers."""
    parts = [part for part in ("validation", "test") if part in results]
    metrics = {
        f"{part}/{name}": results[part][name]
        for name in results["validation"]
        for part in parts
        if results[part].get(name) is not None and name != "epoch"
    }
    tensorboard.log_hyperparameters(trainer, settings(cfg), metrics)
    for logger in others(trainer):
        logger.log_metrics(metrics, trainer.global_step)
        logger.save()
        if isinstance(logger, WandbLogger):  # or the next run of this process continues this one
            logger.experiment.finish()


def settings(cfg: DictConfig) -> dict[str, Any]:
    """The settings in which runs differ, by short names; the architecture sorts first."""
    flat = {
        short_name(path): value if isinstance(value, (int, float, bool)) else str(value)
        for group, keys in HYPERPARAMETERS.items()
        if isinstance(cfg.get(group), DictConfig)
        for path, value in leaves(cfg[group], group)
        for key in [path.rpartition(".")[2]]
        if key not in NOT_HYPERPARAMETERS and (keys is None or key in keys)
    }
    return {"architecture": cfg.name, "seed": cfg.seed, **flat}


def leaves(node: DictConfig, path: str) -> Iterator[tuple[str, Any]]:
    """Yield the values in a section, with their dotted paths."""
    for key, value in node.items():
        below = f"{path}.{key!s}"
        if isinstance(value, DictConfig):
            yield from leaves(value, below)
        else:
            yield below, value


def others(trainer: Trainer) -> Iterator[Logger]:
    """Yield the loggers other than TensorBoard's; only the first process has any."""
    if trainer.is_global_zero:
        yield from (x for x in trainer.loggers if not isinstance(x, TensorBoardLogger))
