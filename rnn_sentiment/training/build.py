"""From a configuration to the objects of a run."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from lightning import Trainer
from lightning.pytorch.callbacks import ModelCheckpoint
from omegaconf import DictConfig
from torchmetrics import MetricCollection

from rnn_sentiment import kernels
from rnn_sentiment.classifier import Classifier
from rnn_sentiment.configuration import blame, make
from rnn_sentiment.data import ReviewDataModule
from rnn_sentiment.errors import UserError
from rnn_sentiment.loss import Loss
from rnn_sentiment.network import build_parts
from rnn_sentiment.objectives import cross_entropy
from rnn_sentiment.outcome import OneOf, Outcome
from rnn_sentiment.training.checkpoint_io import AtomicCheckpointIO
from rnn_sentiment.training.loggers import make_logger
from rnn_sentiment.training.profile import StepProfiler

# What `build_trainer` sets itself, and what decides it instead, if anything does.
OWN = {
    "callbacks": "the section callbacks sets them",
    "logger": "logger=NAME chooses them",
    "plugins": None,
    "profiler": "profile=true shows where the time of a step goes",
    "default_root_dir": "hydra.run.dir=FOLDER sets the run folder",
    "num_sanity_val_steps": None,
    "use_distributed_sampler": None,
    "enable_progress_bar": "callbacks.progress_bar=null hides it",
    "enable_model_summary": None,
}


def build_data(cfg: DictConfig) -> ReviewDataModule:
    """Make the data module; nothing is read yet."""
    data: ReviewDataModule = make(cfg, "data", tokenizer=make(cfg, "tokenizer"))
    return data


def build_classifier(
    cfg: DictConfig,
    vocabulary_size: int,
    outcome: Outcome = OneOf(2),  # noqa: B008 - it is frozen
    metrics: MetricCollection | None = None,
    counts: Sequence[int] | None = None,
    num_texts: int = 0,
) -> Classifier:
    """Make the untrained classifier for a vocabulary and an outcome.

    Args:
        cfg: of a run.
        vocabulary_size: ids of tokens.
        outcome: what is said of a text; any will do before the corpus is read.
        metrics: see `Classifier`.
        counts: training texts of each class, or with each label; None before the corpus is read.
        num_texts: training texts.
    """
    loss: Loss = make(cfg, "loss")
    parts = build_parts(cfg, vocabulary_size, outcome)
    classifier = Classifier(
        *parts,
        make(cfg, "optimizer"),
        make(cfg, "scheduler"),
        outcome,
        staged=cfg.get("pretrained") is not None,
        objective=make(cfg, "objective") if cfg.get("objective") else cross_entropy,
        metrics=metrics,
        class_weights=None if counts is None else loss.weights(outcome, counts, num_texts),
    )
    make(cfg, "metrics")
    check_optimizer(classifier)
    return classifier


def check_optimizer(module: Any) -> None:
    """Make optimizer and schedule of a module once: Lightning does when it fits, which is late.

    Raises:
        UserError: a setting of theirs is wrong.
    """
    with blame("optimizer"):
        optimizer = module.optimizer(module.parameters())
    with blame("scheduler"):
        module.scheduler(optimizer, total_steps=1)


def check_device(cfg: DictConfig) -> None:
    """Look for the GPU that a configuration asks for.

    Raises:
        UserError: there is none.
    """
    if cfg.trainer.accelerator in ("gpu", "cuda") and not torch.cuda.is_available():
        raise UserError(
            f"trainer.accelerator={cfg.trainer.accelerator}, but this machine has no usable GPU; "
            "use trainer=cpu"
        )


def without_effect(cfg: DictConfig) -> list[str]:
    """A line for each setting of the Trainer that is not read."""
    return [
        f"trainer.{key} has no effect: every run sets it itself"
        + (f"; {OWN[key]}" if OWN[key] else "")
        for key in OWN
        if key in cfg.trainer
    ]


def build_trainer(cfg: DictConfig, folder: Path) -> Trainer:
    """Make the trainer that writes checkpoints and events to a run folder."""
    check_device(cfg)
    with blame("trainer"):
        kernels.use(cfg.trainer.kernels)
    cfg = cfg.copy()
    del cfg.trainer.kernels
    wanted = [name for name, section in cfg.callbacks.items() if section is not None]
    callbacks = [make(cfg, f"callbacks.{name}") for name in wanted]
    for callback in callbacks:
        if isinstance(callback, ModelCheckpoint):
            callback.dirpath = os.path.realpath(folder / "checkpoints")
    loggers = [make_logger(cfg, name, folder) for name in cfg.logger]
    on_gpu = torch.cuda.is_available() and cfg.trainer.accelerator != "cpu"
    profiler = StepProfiler(folder, on_gpu) if cfg.get("profile") else None
    trainer: Trainer = make(
        cfg,
        "trainer",
        callbacks=callbacks,
        logger=loggers or False,
        plugins=[AtomicCheckpointIO()],
        profiler=profiler,
        default_root_dir=str(folder),
        num_sanity_val_steps=0,
        use_distributed_sampler=False,  # our sampler shares batches out itself
        enable_progress_bar="progress_bar" in wanted,  # or Lightning adds one of its own
        enable_model_summary=False,
    )
    # Signals are ours. Lightning waits for the other processes first, dead or not, and saves in
    # mid-epoch under Slurm (see slurm.py).
    trainer._signal_connector.register_signal_handlers = lambda: None  # type: ignore[method-assign]
    # Checkpoints are of ended epochs. With `max_steps`, Lightning takes them for those of steps.
    trainer.fit_loop._iteration_based_training = lambda: False  # type: ignore[method-assign]
    return trainer
