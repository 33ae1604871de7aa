"""The LightningModule: embedding, encoder and logits, with loss and metrics."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from lightning import LightningModule
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler
from torchmetrics import MeanMetric

from rnn_sentiment.metrics import losses, make_accuracy, make_metrics, num_logits, probabilities
from rnn_sentiment.schedulers import with_schedule
from rnn_sentiment.types import Batch
from rnn_sentiment.upgrade import upgrade_checkpoint


class Classifier(LightningModule):
    """Text classifier around any encoder.

    Args:
        embedding: `tokens (B, T) -> (B, T, E)`.
        ngrams: `tokens (B, T) -> (B, T, G)`, a second channel that joins the first, or None.
        encoder: `(embedded (B, T, E + G), mask (B, T)) -> (B, encoder.output_dim)`.
        optimizer: makes an optimizer from parameters.
        scheduler: makes a schedule, advanced every step, from `(optimizer, total_steps=...)`.
        num_classes: classes to tell apart; two of them share one logit.
    """

    def __init__(
        self,
        embedding: nn.Module,
        ngrams: nn.Module | None,
        encoder: nn.Module,
        optimizer: Callable[..., Optimizer],
        scheduler: Callable[..., LRScheduler],
        num_classes: int = 2,
    ) -> None:
        super().__init__()
        self.embedding = embedding
        self.ngrams = ngrams
        self.encoder = encoder
        self.head = nn.Linear(int(encoder.output_dim), num_logits(num_classes))  # type: ignore[arg-type]
        self.optimizer = optimizer
        self.scheduler = scheduler
        self.train_loss, self.train_accuracy = MeanMetric(), make_accuracy(num_classes)
        self.val_loss, self.val_metrics = MeanMetric(), make_metrics(num_classes, "val/")

    def forward(self, batch: Batch) -> Tensor:
        """Score a batch: logits in float32, `(B,)` for two classes, `(B, C)` for more."""
        embedded = self.embedding(batch.tokens)  # (B, T, E)
        if self.ngrams is not None:
            embedded = torch.cat([embedded, self.ngrams(batch.tokens)], dim=2)
        encoded = self.encoder(embedded, batch.mask)  # (B, output_dim)
        logits: Tensor = self.head(encoded).float()
        return logits.squeeze(1) if logits.shape[1] == 1 else logits

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """Mean cross-entropy of a batch; under DDP, over the rows of all processes."""
        logits = self(batch)
        row_losses = losses(logits, batch.labels)
        if not torch.isfinite(row_losses).all():
            raise FloatingPointError(
                f"the training loss is not finite at step {self.global_step}: "
                "lower optimizer.lr or set trainer.precision=32-true"
            )
        self.train_loss.update(row_losses.detach())
        self.train_accuracy.update(probabilities(logits.detach()), batch.labels)
        self.log("train/loss_step", row_losses.detach().mean(), prog_bar=True)
        self.log("train/loss", self.train_loss, on_step=False, on_epoch=True)
        self.log("train/accuracy", self.train_accuracy, on_step=False, on_epoch=True)
        if self.trainer.world_size == 1:
            return row_losses.mean()
        num_rows = self.trainer.strategy.reduce(
            torch.tensor(float(len(row_losses)), device=self.device), reduce_op="sum"
        )
        # DDP averages gradients over processes, whose shares of a batch can differ by a row.
        return row_losses.sum() * self.trainer.world_size / num_rows

    def validation_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """Count a validation batch; its logits are for callbacks."""
        logits: Tensor = self(batch)
        self.val_loss.update(losses(logits, batch.labels))
        self.val_metrics.update(probabilities(logits), batch.labels)
        self.log("val/loss", self.val_loss, prog_bar=True)
        for name, metric in self.val_metrics.items():
            self.log(name, metric, prog_bar=name == "val/accuracy")
        return logits

    def predict_step(self, batch: Batch, batch_idx: int = 0) -> Tensor:
        """Logits `(B,)` of a batch."""
        logits: Tensor = self(batch)
        return logits

    def configure_gradient_clipping(
        self,
        optimizer: Optimizer,
        gradient_clip_val: float | None = None,
        gradient_clip_algorithm: str | None = None,
    ) -> None:
        """Clip by norm, log the norm before clipping, and stop at one that is not finite.

        A scaled fp16 step may overflow; its GradScaler then skips the step, so it may go on.
        """
        norm = nn.utils.clip_grad_norm_(
            self.parameters(), math.inf if gradient_clip_val is None else gradient_clip_val
        )
        if not torch.isfinite(norm) and self.trainer.precision != "16-mixed":
            raise FloatingPointError(
                f"the gradient is not finite at step {self.global_step}: "
                "lower optimizer.lr or set trainer.precision=32-true"
            )
        self.log("train/gradient_norm", norm)

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Rename what an older version of the package wrote."""
        encoder: Any = self.encoder
        upgrade_checkpoint(checkpoint, num_layers=len(encoder.layers))

    def configure_optimizers(self) -> Any:
        """Build optimizer and schedule; the schedule advances every step."""
        return with_schedule(self, self.optimizer, self.scheduler)
