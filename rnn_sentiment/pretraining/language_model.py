"""The LightningModule of a language model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lightning import LightningModule
from torch import Tensor
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from rnn_sentiment.clipping import check_finite, clip_gradients
from rnn_sentiment.metrics import Mean
from rnn_sentiment.pretraining.network import LanguageNetwork, States
from rnn_sentiment.pretraining.streams import Window
from rnn_sentiment.schedulers import with_schedule


class Perplexity(Mean):
    """The exponential of a mean loss in nats."""

    def compute(self) -> Tensor:
        """Perplexity of all tokens so far."""
        mean: Tensor = super().compute()
        return mean.exp()


class LanguageModel(LightningModule):
    """A `LanguageNetwork` that Lightning trains on consecutive windows of the same streams.

    States are carried from one window of a text to the next, but gradients are not (truncated
    back-propagation through time). Every text begins with zero states, as in a classifier.
    Perplexity is the exponential of the mean loss over all tokens except the first of each text;
    the end of a text counts as a token.

    Args:
        network: embedding, layers and softmax.
        optimizer: builds an optimizer from parameters.
        scheduler: builds a learning-rate schedule from `(optimizer, total_steps=...)`; it advances
            every step.
    """

    def __init__(
        self,
        network: LanguageNetwork,
        optimizer: Callable[..., Optimizer],
        scheduler: Callable[..., LRScheduler],
    ) -> None:
        super().__init__()
        self.network = network
        self.optimizer = optimizer
        self.scheduler = scheduler
        self.train_loss, self.val_loss = Mean(), Mean()
        self.train_perplexity, self.val_perplexity = Perplexity(), Perplexity()
        self.states: dict[str, States | None] = {}  # for training and for validation

    @property
    def embedding(self) -> Any:
        """The embedding of the network."""
        return self.network.embedding

    def on_train_epoch_start(self) -> None:
        """Reset the states, since the streams start again."""
        self.states["train"] = None

    def on_validation_epoch_start(self) -> None:
        """Reset the states, since the streams start again."""
        self.states["val"] = None

    def training_step(self, batch: Window, batch_idx: int) -> Tensor:
        """Mean loss of a window's tokens."""
        loss = self._read(batch, "train")
        check_finite(loss, "training loss", self.global_step)
        found = loss.detach()
        self.log("train/loss_step", found)
        self.log("train/perplexity_step", found.exp(), prog_bar=True)
        for name, metric in (("loss", self.train_loss), ("perplexity", self.train_perplexity)):
            metric.update(found, batch.lengths.sum())
            self.log(f"train/{name}", metric, on_step=False, on_epoch=True)
        return loss

    def validation_step(self, batch: Window, batch_idx: int) -> None:
        """Update the metrics with a window."""
        loss = self._read(batch, "val")
        for name, metric in (("loss", self.val_loss), ("perplexity", self.val_perplexity)):
            metric.update(loss, batch.lengths.sum())
            self.log(f"val/{name}", metric, prog_bar=name == "perplexity")

    def _read(self, batch: Window, of: str) -> Tensor:
        """Mean loss of a window, given the states after the previous one."""
        found: tuple[Tensor, States] = self.network(batch, self.states[of])
        loss, self.states[of] = found
        return loss

    def configure_gradient_clipping(
        self,
        optimizer: Optimizer,
        gradient_clip_val: float | None = None,
        gradient_clip_algorithm: str | None = None,
    ) -> None:
        """Clip by norm; see `clip_gradients`."""
        clip_gradients(self, gradient_clip_val)

    def configure_optimizers(self) -> Any:
        """Build the optimizer and its schedule, which advances every step."""
        return with_schedule(self, self.optimizer, self.scheduler)
