"""Callbacks of training: seeds, frozen vectors, speed, and the history of epochs."""

from __future__ import annotations

import time
from typing import Any

import torch
from lightning import Callback, LightningModule, Trainer
from lightning.pytorch.callbacks import EarlyStopping as LightningEarlyStopping
from pydantic import PositiveInt, validate_call
from torch.optim import Optimizer

from rnn_sentiment.data.streaming import StreamLoader
from rnn_sentiment.data.tokenizer import PADDING_ID
from rnn_sentiment.metrics import make_accuracy
from rnn_sentiment.types import Batch

MAY_LACK = {  # NaN if undefined
    f"val/{name}" for name in ("f1", "micro_f1", "macro_f1", "auroc", "quadratic_kappa")
}


class EpochSeed(Callback):
    """Seed every epoch from (seed, epoch, rank), so that a resumed run repeats the original.

    Args:
        seed: the seed of the run.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Reseed torch's generators, and tell a stream its epoch, which Lightning does not."""
        if isinstance(trainer.train_dataloader, StreamLoader):
            trainer.train_dataloader.set_epoch(trainer.current_epoch)
        torch.manual_seed(hash((self.seed, trainer.current_epoch, trainer.global_rank)) % 2**63)


class EarlyStopping(LightningEarlyStopping):
    """Stop when a metric no longer improves; a stopped run that is resumed stays stopped."""

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Keep a run that had stopped from training further."""
        super().on_train_start(trainer, pl_module)
        if self.wait_count >= self.patience:
            trainer.should_stop = True


class FrozenVectors(Callback):
    """Keep an embedding's table unchanged during its first `frozen_epochs` epochs.

    Without a gradient, the optimizer skips the table: no step, no momentum, no weight decay. The
    gradient is dropped late, because DDP expects one from every parameter.
    """

    def on_before_optimizer_step(
        self, trainer: Trainer, pl_module: LightningModule, optimizer: Optimizer
    ) -> None:
        """Drop the table's gradient while it is frozen."""
        embedding: Any = pl_module.embedding
        if trainer.current_epoch < embedding.frozen_epochs:
            embedding.table.weight.grad = None


class Throughput(Callback):
    """Log the speed of training: tokens per second, without padding, and seconds per epoch."""

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Start the clock."""
        self.started = time.perf_counter()
        self.num_tokens = 0

    def on_train_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        outputs: Any,
        batch: Batch,
        batch_idx: int,
    ) -> None:
        """Count the batch's tokens and log the epoch's speed so far."""
        self.num_tokens += int((batch.tokens != PADDING_ID).sum()) * trainer.world_size
        self.seconds = time.perf_counter() - self.started
        pl_module.log("train/tokens_per_second", self.num_tokens / self.seconds)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Log the seconds that the epoch's training steps took, without validation."""
        pl_module.log("train/epoch_seconds", self.seconds)


class TrainSample(Callback):
    """Log the accuracy on a fixed sample of the training reviews after every epoch.

    `train/accuracy` is a mean over the epoch, while the network changes and with dropout; this is
    the accuracy of the network that validation scores. With streaming, nothing is logged.

    Args:
        size: number of reviews in the sample.
    """

    @validate_call
    def __init__(self, size: PositiveInt) -> None:
        self.size = size

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Score the sample."""
        data: Any = trainer.datamodule  # type: ignore[attr-defined]
        loader = data.train_sample(self.size)
        if loader is None:
            return
        outcome = data.outcome
        metric = make_accuracy(outcome).to(pl_module.device)
        pl_module.eval()
        with torch.no_grad(), trainer.precision_plugin.val_step_context():
            for batch in loader:
                here = trainer.strategy.batch_to_device(batch)
                logits = pl_module(here)
                metric.update(outcome.probabilities(logits), outcome.targets(here.labels))
        pl_module.train()
        pl_module.log("train/sample_accuracy", metric.compute())


class History(Callback):
    """Record all logged metrics, one row per epoch; the rows are saved in checkpoints."""

    def __init__(self) -> None:
        self.rows: list[dict[str, float]] = []

    def on_train_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        outputs: Any,
        batch: Batch,
        batch_idx: int,
    ) -> None:
        """Validate after an epoch that `trainer.max_steps` cuts short, too."""
        if trainer.global_step == trainer.max_steps:
            trainer.should_stop = True

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Add the row of the epoch that has ended."""
        # Learning rates are those of the last logged step, which a resumed run may not have seen;
        # F1, AUROC and kappa are NaN where undefined.
        logged = {
            name: float(value)
            for name, value in trainer.callback_metrics.items()
            if not (name.startswith("lr-") or (name in MAY_LACK and value.isnan()))
        }
        self.rows.append({"epoch": trainer.current_epoch, "step": trainer.global_step, **logged})

    def state_dict(self) -> dict[str, Any]:
        """The rows so far."""
        return {"rows": self.rows}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Restore the rows from a checkpoint."""
        self.rows = state_dict["rows"]
