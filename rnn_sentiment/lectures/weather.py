"""Recurrent layers on sequences of numbers: tomorrow's weather from four days of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from lightning import LightningDataModule, LightningModule
from pydantic import PositiveInt, validate_call
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler
from torch.utils.data import DataLoader

from rnn_sentiment.schedulers import with_schedule

# Lecture 002. Three cities, four days each of temperature, wind speed and air pollution; then the
# next day's pollution.
WEATHER = (
    ((10, 25, 60), (13, 10, 80), (9, 5, 90), (7, 0, 100)),  # Paris
    ((25, 20, 30), (26, 24, 50), (28, 20, 80), (22, 3, 110)),  # Berlin
    ((15, 10, 60), (25, 20, 65), (35, 10, 75), (36, 15, 70)),  # London
)
NEXT_POLLUTION = (110, 125, 75)
# The lecture's second table, with a number for every day; in Paris it has another pollution too.
PARIS = ((10, 25, 50), (13, 10, 70), (9, 5, 90), (7, 0, 95))
EACH_DAY = ((70, 90, 95, 110), (50, 80, 110, 125), (65, 75, 70, 30))


class NumberBatch(NamedTuple):
    """Sequences of numbers: `inputs (B, T, F)`, `mask (B, T)`, `targets (B, 1)` or `(B, T, 1)`."""

    inputs: Tensor
    mask: Tensor
    targets: Tensor


class WeatherDataModule(LightningDataModule):
    """The weather of three cities as a single training batch.

    Args:
        each_day: predict a number on each of the four days, instead of one after them.
        standardized: scale each feature to mean 0 and variance 1; the raw numbers saturate tanh.
        steps: number of training steps in an epoch, all on that batch.
    """

    @validate_call
    def __init__(self, each_day: bool, standardized: bool, steps: PositiveInt) -> None:
        super().__init__()
        days = (PARIS, *WEATHER[1:]) if each_day else WEATHER
        inputs = torch.tensor(days, dtype=torch.float32)  # (3, 4, 3)
        if standardized:
            spread, mean = torch.std_mean(inputs, dim=(0, 1), correction=0)
            inputs = (inputs - mean) / spread
        targets = torch.tensor(EACH_DAY if each_day else NEXT_POLLUTION, dtype=torch.float32)
        mask = torch.ones(inputs.shape[:2], dtype=torch.bool)
        self.batch = NumberBatch(inputs, mask, targets[..., None])
        self.steps = steps

    @property
    def num_features(self) -> int:
        """Number of features of a day."""
        return self.batch.inputs.shape[2]

    def train_dataloader(self) -> DataLoader[NumberBatch]:
        """The batch, `steps` times."""
        return DataLoader([self.batch] * self.steps, batch_size=None)  # type: ignore[arg-type]


class EveryStep(nn.Module):
    """Used instead of a pooling: returns the states of all steps, `(B, T, D)`.

    Args:
        input_dim: size D of a state.
    """

    def __init__(self, input_dim: int) -> None:
        super().__init__()
        self.output_dim = input_dim

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        """Return `states (B, T, D)` unchanged."""
        return states


class Regressor(LightningModule):
    """Predicts a number from an encoded sequence, or from each of its steps.

    Args:
        encoder: `(inputs (B, T, F), mask (B, T))` to `(B, output_dim)`, for one number a sequence,
            or with `EveryStep` to `(B, T, output_dim)`, for one number a step.
        optimizer: builds an optimizer from parameters.
        scheduler: builds a schedule from `(optimizer, total_steps=...)`; it advances every step.
    """

    def __init__(
        self,
        encoder: nn.Module,
        optimizer: Callable[..., Optimizer],
        scheduler: Callable[..., LRScheduler],
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = nn.Linear(int(encoder.output_dim), 1)  # type: ignore[arg-type]
        self.optimizer = optimizer
        self.scheduler = scheduler

    def forward(self, batch: NumberBatch) -> Tensor:
        """Predict `(B, 1)` or `(B, T, 1)`."""
        predicted: Tensor = self.head(self.encoder(batch.inputs, batch.mask))
        return predicted

    def training_step(self, batch: NumberBatch, batch_idx: int) -> Tensor:
        """Mean squared error of a batch."""
        loss = F.mse_loss(self(batch), batch.targets)
        rows = len(batch.inputs)
        self.log("train/loss", loss, on_step=False, on_epoch=True, prog_bar=True, batch_size=rows)
        return loss

    def configure_optimizers(self) -> Any:
        """Build optimizer and schedule; the schedule advances every step."""
        return with_schedule(self, self.optimizer, self.scheduler)
