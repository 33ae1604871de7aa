"""What `results.json` says of every run, whatever it reads."""

from __future__ import annotations

import resource
from typing import Any

import torch
from lightning import LightningModule, Trainer
from omegaconf import DictConfig, OmegaConf

from rnn_sentiment.training.callbacks import History
from rnn_sentiment.training.parameters import num_as_in_keras, num_trainable


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
    }


def device(trainer: Trainer) -> str:
    """What a run was trained on: `cpu`, or the name of the GPU."""
    root = trainer.strategy.root_device
    return torch.cuda.get_device_name(root) if root.type == "cuda" else root.type


def history_of(trainer: Trainer) -> list[dict[str, float]]:
    """A row of logged metrics for each epoch."""
    return next(c for c in trainer.callbacks if isinstance(c, History)).rows  # type: ignore[attr-defined]


def peak_memory() -> int:
    """Peak memory in bytes: of the GPU where one is used, else of this process."""
    if torch.cuda.is_available() and torch.cuda.max_memory_allocated():
        return torch.cuda.max_memory_allocated()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
