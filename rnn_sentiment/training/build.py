"""Build the objects of a run from its configuration."""

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

# Trainer arguments that `build_trainer` sets itself, and what to use instead, if anything.
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
    """Build the data module; it reads nothing yet."""
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
    """Build the untrained classifier for a vocabulary and an outcome.

    Args:
        cfg: the configuration of a run.
        vocabulary_size: number of token ids.
        outcome: how labels and logits are interpreted; any will do before the corpus is read.
        metrics: see `Classifier`.
        counts: number of training texts of each class, or with each label; None before the corpus
            is read.
        num_texts: number of training texts.
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
    """Build the optimizer and schedule of a module early; Lightning only does so when it fits.

    Raises:
        UserError: one of their settings is wrong.
    """
    with blame("optimizer"):
        optimizer = module.optimizer(module.parameters())
    with blame("scheduler"):
        module.scheduler(optimizer, total_steps=1)


def check_device(cfg: DictConfig) -> None:
    """Check that the GPU that a configuration asks for is there.

    Raises:
        UserError: it is not.
    """
    if cfg.trainer.accelerator in ("gpu", "cuda") and not torch.cuda.is_available():
        raise UserError(
            f"trainer.accelerator={cfg.trainer.accelerator}, but this machine has no usable GPU; "
            "use trainer=cpu"
        )


def without_effect(cfg: DictConfig) -> list[str]:
    """A line for each Trainer setting that has no effect."""
    return [
        f"trainer.{key} has no effect: every run sets it itself"
        + (f"; {OWN[key]}" if OWN[key] else "")
        for key in OWN
        if key in cfg.trainer
    ]


def build_trainer(cfg: DictConfig, folder: Path) -> Trainer:
    """Build the trainer, which writes checkpoints and events to a run folder."""
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
        use_distributed_sampler=False,  # our sampler distributes batches itself
        enable_progress_bar="progress_bar" in wanted,  # or Lightning adds one of its own
        enable_model_summary=False,
    )
    # We handle signals. Lightning would first wait for the other processes, even dead ones, and
    # under Slurm it would save in mid-epoch (see slurm.py).
    trainer._signal_connector.register_signal_handlers = lambda: None  # type: ignore[method-assign]
    # Checkpoints are saved after epochs. With `max_steps`, Lightning assumes steps instead.
    trainer.fit_loop._iteration_based_training = lambda: False  # type: ignore[method-assign]
    return trainer
