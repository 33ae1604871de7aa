"""Gradual unfreezing: layers of a pretrained network begin to train one after another."""

from __future__ import annotations

from typing import Any

from lightning import Callback, LightningModule, Trainer
from pydantic import NonNegativeInt, validate_call
from torch import nn
from torch.optim import Optimizer


class GradualUnfreezing(Callback):
    """Train the head first, and one more layer below it every `epochs` epochs.

    See Howard & Ruder (2018). The embedding comes last. Parameters that are frozen anyway stay
    frozen.

    Args:
        epochs: number of epochs after which the next layer is trained too; 0 trains all layers
            from the start.
    """

    @validate_call
    def __init__(self, epochs: NonNegativeInt) -> None:
        self.epochs = epochs

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Note which parameters are trained."""
        self.trained = {p for p in pl_module.parameters() if p.requires_grad}

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Skip the backward pass of frozen parameters, unless DDP needs their gradients."""
        if trainer.world_size == 1:
            for frozen, stage in self.stages(trainer.current_epoch, pl_module):
                for parameter in self.trained.intersection(stage):
                    parameter.requires_grad_(not frozen)

    def on_before_optimizer_step(
        self, trainer: Trainer, pl_module: LightningModule, optimizer: Optimizer
    ) -> None:
        """Drop the gradients of frozen parameters."""
        for frozen, stage in self.stages(trainer.current_epoch, pl_module):
            for parameter in stage if frozen else ():
                parameter.grad = None

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Unfreeze all layers."""
        for parameter in self.trained:
            parameter.requires_grad_(True)

    def stages(
        self, epoch: int, pl_module: LightningModule
    ) -> list[tuple[bool, list[nn.Parameter]]]:
        """Each group of parameters from the head down, and whether it is frozen."""
        module: Any = pl_module
        return [(epoch < depth * self.epochs, s) for depth, s in enumerate(module.stages())]
