"""The entries of `results.json` that all runs have."""

from __future__ import annotations

import resource
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

import torch
from lightning import LightningModule, Trainer
from omegaconf import DictConfig, OmegaConf

from rnn_sentiment import kernels
from rnn_sentiment.configuration import unknown
from rnn_sentiment.errors import UserError
from rnn_sentiment.training.callbacks import History
from rnn_sentiment.training.parameters import num_as_in_keras, num_trainable

METRICS = (
    *("val/loss", "val/accuracy", "val/f1", "val/micro_f1", "val/macro_f1", "val/auroc"),
    *("val/calibration_error", "val/mean_absolute_error", "val/quadratic_kappa"),
    *("train/loss", "train/accuracy"),
)


def facts(cfg: DictConfig, trainer: Trainer, model: LightningModule) -> dict[str, Any]:
    """Model, parameters, seed, history, memory and precision of a finished run."""
    plain = OmegaConf.to_container(cfg, resolve=True)
    assert isinstance(plain, dict)
    return {
        "model": {"name": plain["name"], **plain["model"]},
        "parameters": num_trainable(model),
        "parameters_as_in_keras": num_as_in_keras(model),
        "seed": plain["seed"],
        "history": history_of(trainer),
        "peak_memory_bytes": peak_memory(),
        "precision": str(trainer.precision),
        "device": device(trainer),
        "kernels": kernels.in_use(trainer.strategy.root_device),
    }


def device(trainer: Trainer) -> str:
    """The device that a run was trained on: `cpu`, or the name of the GPU."""
    root = trainer.strategy.root_device
    return torch.cuda.get_device_name(root) if root.type == "cuda" else root.type


def history_of(trainer: Trainer) -> list[dict[str, float]]:
    """A row of logged metrics for each epoch.

    Raises:
        UserError: the trainer keeps no history.
    """
    callbacks = trainer.callbacks  # type: ignore[attr-defined]
    if not (found := [callback for callback in callbacks if isinstance(callback, History)]):
        raise UserError("callbacks.history=null: results.json needs the history; leave it in")
    return found[0].rows


@dataclass(frozen=True)
class BestEpoch:
    """The epoch whose checkpoint is kept: the first with the best value of a metric.

    Args:
        monitor: the metric, for example `val/accuracy`.
        mode: whether the largest (`max`) or the smallest (`min`) value is the best.
    """

    monitor: str
    mode: Literal["min", "max"]

    @classmethod
    def of(cls, cfg: DictConfig) -> BestEpoch:
        """The epoch that `callbacks.best_checkpoint` chooses.

        Raises:
            UserError: nothing keeps the best checkpoint, or a callback watches an unknown metric.
        """
        for name, section in cfg.callbacks.items():
            monitor = (section or {}).get("monitor")
            if monitor is not None and monitor not in METRICS:
                key = f"callbacks.{name}.monitor"
                raise UserError(unknown(key, str(monitor), METRICS, "metric"))
        best = cfg.callbacks.get("best_checkpoint")
        if best is None or best.get("filename") != "best" or best.get("monitor") is None:
            raise UserError(
                "callbacks.best_checkpoint: the test part is scored with checkpoints/best.ckpt; "
                "leave it in, with filename=best and a monitor"
            )
        return cls(best.monitor, best.get("mode", "min"))

    def row(self, history: list[dict[str, float]]) -> dict[str, float]:
        """The row of that epoch.

        Raises:
            UserError: the metric is undefined.
        """
        if any(self.monitor not in row for row in history):
            raise UserError(
                f"{self.monitor} is undefined on this corpus; choose another metrics.best"
            )
        choose = max if self.mode == "max" else min
        return choose(history, key=lambda row: row[self.monitor])

    def scores(
        self, history: list[dict[str, float]], names: Iterable[str] = ()
    ) -> dict[str, float | None]:
        """The validation scores of that epoch, and its number from 0.

        Args:
            history: the history of the run.
            names: scores that are None if the history lacks them, because they are undefined.
        """
        row = self.row(history)
        scores = {
            name.removeprefix("val/"): value
            for name, value in row.items()
            if name.startswith("val/")
        }
        return {"epoch": row["epoch"], **dict.fromkeys(names), **scores}


def check_monitors(cfg: DictConfig, metrics: Iterable[str]) -> None:
    """Check that callbacks monitor scores that exist on the corpus of a run.

    Args:
        cfg: the configuration of the run.
        metrics: names of the metrics that are computed on the validation part.

    Raises:
        UserError: a callback monitors an unknown score.
    """
    known = [*(f"val/{name}" for name in metrics), "val/loss", "train/loss", "train/accuracy"]
    for name, section in cfg.callbacks.items():
        monitor = (section or {}).get("monitor")
        if monitor is not None and monitor not in known:
            raise UserError(
                f"callbacks.{name}.monitor={monitor} is not a score on this corpus; choose "
                f"metrics.best={', '.join(known[:-3])} or {known[-3]}"
            )


def peak_memory() -> int:
    """Peak memory in bytes: of the GPU if one is used, else of this process so far."""
    if torch.cuda.is_available() and torch.cuda.max_memory_allocated():
        return torch.cuda.max_memory_allocated()
    unit = 1 if sys.platform == "darwin" else 1024  # Linux reports KiB, macOS bytes
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
