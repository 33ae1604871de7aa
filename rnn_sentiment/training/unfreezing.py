"""Layers of a pretrained network that begin to learn one after the other."""

from __future__ import annotations

from typing import Any

from lightning import Callback, LightningModule, Trainer
from pydantic import NonNegativeInt, validate_call
from torch import nn
from torch.optim import Optimizer


class GradualUnfreezing(Callback):
    """Train the head first, and one more layer below it after every so many epochs.

    Howard & Ruder (2018); the embedding is the last. What is not trained at all stays as it is.

    Args:
        epochs: after which the next layer is trained too; 0 trains all from the start.
    """

    @validate_call
    def __init__(self, epochs: NonNegativeInt) -> None:
        self.epochs = epochs

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Note what is trained."""
        self.trained = {p for p in pl_module.parameters() if p.requires_grad}

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Spare the backward pass of what is frozen; DDP awaits a gradient from all."""
        if trainer.world_size == 1:
            for frozen, stage in self.stages(trainer.current_epoch, pl_module):
                for parameter in self.trained.intersection(stage):
                    parameter.requires_grad_(not frozen)

    def on_before_optimizer_step(
        self, trainer: Trainer, pl_module: LightningModule, optimizer: Optimizer
    ) -> None:
        """Drop the gradients of what is frozen."""
        for frozen, stage in self.stages(trainer.current_epoch, pl_module):
            for parameter in stage if frozen else ():
                parameter.grad = None

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Leave nothing frozen."""
        for parameter in self.trained:
            parameter.requires_grad_(True)

    def stages(
        self, epoch: int, pl_module: LightningModule
    ) -> list[tuple[bool, list[nn.Parameter]]]:
        """Each group of parameters from the head down, and whether it is frozen."""
        module: Any = pl_module
        return [(epoch < depth * self.epochs, s) for depth, s in enumerate(module.stages())]
