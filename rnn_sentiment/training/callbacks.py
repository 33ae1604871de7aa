"""What happens beside the training steps: seeds, frozen vectors, speed and history of epochs."""

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

MAY_LACK = {  # which then are NaN
    f"val/{name}" for name in ("f1", "micro_f1", "macro_f1", "auroc", "quadratic_kappa")
}


class EpochSeed(Callback):
    """Seed every epoch from (seed, epoch, rank), so that a resumed run repeats the original.

    Args:
        seed: of the run.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Restart torch's generators, and a stream, which Lightning tells no epoch."""
        if isinstance(trainer.train_dataloader, StreamLoader):
            trainer.train_dataloader.set_epoch(trainer.current_epoch)
        torch.manual_seed(hash((self.seed, trainer.current_epoch, trainer.global_rank)) % 2**63)


class EarlyStopping(LightningEarlyStopping):
    """Stop when a metric no longer improves, also a run that is resumed after it had stopped."""

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Let a run that had stopped train no further."""
        super().on_train_start(trainer, pl_module)
        if self.wait_count >= self.patience:
            trainer.should_stop = True


class FrozenVectors(Callback):
    """Leave an embedding's table as it is in its first `frozen_epochs` epochs.

    Without a gradient the optimizer passes the table by: no step, no momentum, no weight decay.
    The gradient is dropped late, because DDP awaits one from every parameter.
    """

    def on_before_optimizer_step(
        self, trainer: Trainer, pl_module: LightningModule, optimizer: Optimizer
    ) -> None:
        """Drop the table's gradient while it is frozen."""
        embedding: Any = pl_module.embedding
        if trainer.current_epoch < embedding.frozen_epochs:
            embedding.table.weight.grad = None


class Throughput(Callback):
    """Log the speed of training: tokens per second, without padding, and seconds an epoch."""

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
        """Log the seconds that the epoch's training steps took; validation is not counted."""
        pl_module.log("train/epoch_seconds", self.seconds)


class TrainSample(Callback):
    """Log the accuracy on a fixed sample of the training reviews when an epoch has ended.

    `train/accuracy` is a mean over the epoch, of a network that still learns and with dropout; this
    is of the network that validation sees. Nothing is logged of a stream.

    Args:
        size: reviews in the sample.
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
    """Keep one row of all logged metrics for each epoch; it travels in checkpoints."""

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
        """Have an epoch that `trainer.max_steps` cuts short validated like the others."""
        if trainer.global_step == trainer.max_steps:
            trainer.should_stop = True

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Add the row of the epoch that ends."""
        # A learning rate is that of the last logged step, which a resumed run may not have seen;
        # F1, AUROC and kappa are NaN where they are undefined.
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
        """Continue the rows of a checkpoint."""
        self.rows = state_dict["rows"]
