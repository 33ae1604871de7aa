"""The LightningModule: a network with loss, metrics and optimizer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from lightning import LightningModule
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler
from torchmetrics import MetricCollection

from rnn_sentiment.clipping import check_finite, clip_gradients
from rnn_sentiment.encoders import Encoder
from rnn_sentiment.metrics import Mean, make_accuracy, make_metrics
from rnn_sentiment.network import Network
from rnn_sentiment.objectives import cross_entropy
from rnn_sentiment.outcome import OneOf, Outcome
from rnn_sentiment.schedulers import with_schedule
from rnn_sentiment.types import Batch, TrainingBatch
from rnn_sentiment.upgrade import upgrade_checkpoint

Objective = Callable[[Network, TrainingBatch], tuple[Tensor, Tensor]]  # to logits and losses


class Classifier(Network, LightningModule):
    """A `Network` that Lightning trains.

    Args:
        embedding, ngrams, encoder, outcome: parts of the network; see `Network`.
        optimizer: builds an optimizer from parameters.
        scheduler: builds a learning-rate schedule from `(optimizer, total_steps=...)`; it advances
            every step.
        staged: give the optimizer one parameter group per layer, from the head down, so that each
            can have its own learning rate.
        objective: computes the training loss; see `rnn_sentiment.objectives`.
        metrics: metrics of the validation part; None for the default ones.
        class_weights: (num_classes,) weight of each class or label in the loss; None for equal
            weights.
    """

    class_weights: Tensor | None

    def __init__(
        self,
        embedding: nn.Module,
        ngrams: nn.Module | None,
        encoder: Encoder,
        optimizer: Callable[..., Optimizer],
        scheduler: Callable[..., LRScheduler],
        outcome: Outcome = OneOf(2),  # noqa: B008 - it is frozen
        staged: bool = False,
        objective: Objective = cross_entropy,
        metrics: MetricCollection | None = None,
        class_weights: Tensor | None = None,
    ) -> None:
        super().__init__(embedding, ngrams, encoder, outcome)
        self.optimizer = optimizer
        self.scheduler = scheduler
        self.staged = staged
        self.objective = objective
        self.register_buffer("class_weights", class_weights, persistent=False)
        self.train_loss, self.train_accuracy = Mean(), make_accuracy(outcome)
        self.val_loss = Mean()
        self.val_metrics = (metrics or make_metrics(outcome)).clone(prefix="val/")

    def training_step(self, batch: TrainingBatch, batch_idx: int) -> Tensor:
        """Weighted mean of the objective over a batch; under DDP, over the rows of all processes.

        The logged loss is the unweighted cross-entropy, as in validation.
        """
        logits, losses = self.objective(self, batch)  # (B,), or (B, C) for several labels
        check_finite(losses, "training loss", self.global_step)
        outcome, found = self.outcome, logits.detach()
        self.train_loss.update(outcome.losses(found, batch.labels))
        self.train_accuracy.update(outcome.probabilities(found), outcome.targets(batch.labels))
        self.log("train/loss_step", losses.detach().mean(), prog_bar=True)
        self.log("train/loss", self.train_loss, on_step=False, on_epoch=True)
        self.log("train/accuracy", self.train_accuracy, on_step=False, on_epoch=True)
        if self.class_weights is not None:
            losses = losses * outcome.weights(batch.labels, self.class_weights)
        row_losses = losses.mean(1) if losses.dim() == 2 else losses
        if self.trainer.world_size == 1:
            return row_losses.mean()
        num_rows = self.trainer.strategy.reduce(
            torch.tensor(float(len(row_losses)), device=self.device, dtype=torch.float32),
            reduce_op="sum",
        )
        # DDP averages gradients over processes, whose parts of a batch can differ by a row.
        return row_losses.sum() * self.trainer.world_size / num_rows

    def validation_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """Update the metrics with a validation batch; callbacks read the returned logits."""
        logits: Tensor = self(batch)
        outcome = self.outcome
        self.val_loss.update(outcome.losses(logits, batch.labels))
        self.val_metrics.update(outcome.probabilities(logits), outcome.targets(batch.labels))
        self.log("val/loss", self.val_loss, prog_bar=True)
        for name, metric in self.val_metrics.items():
            self.log(name, metric, prog_bar=name == "val/accuracy")
        return logits

    def predict_step(self, batch: Batch, batch_idx: int = 0) -> Tensor:
        """The logits of a batch."""
        logits: Tensor = self(batch)
        return logits

    def configure_gradient_clipping(
        self,
        optimizer: Optimizer,
        gradient_clip_val: float | None = None,
        gradient_clip_algorithm: str | None = None,
    ) -> None:
        """Clip by norm; see `clip_gradients`."""
        clip_gradients(self, gradient_clip_val)

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Upgrade a checkpoint that an older version of the package wrote."""
        upgrade_checkpoint(checkpoint, num_layers=len(self.encoder.layers))

    def configure_optimizers(self) -> Any:
        """Build the optimizer and its schedule, which advances every step."""
        groups = self.stages() if self.staged else ()
        return with_schedule(self, self.optimizer, self.scheduler, groups)
