"""Gradient clipping, and checks that losses and gradients are finite."""

from __future__ import annotations

import torch
from lightning import LightningModule
from torch import Tensor, nn


def clip_gradients(module: LightningModule, largest: float | None) -> None:
    """Clip gradients by norm, log the norm before clipping, and stop if it is not finite.

    Under fp16, a scaled step may overflow; the GradScaler skips that step, so training continues.

    Args:
        module: the module whose parameters have gradients.
        largest: the norm above which gradients are clipped; None never clips.
    """
    gradients = [p.grad for p in module.parameters() if p.grad is not None]
    norm = nn.utils.get_total_norm(gradients)
    # On a CPU, a small norm saves the pass; on a GPU, reading the norm would cost a wait.
    if largest is not None and (norm.is_cuda or norm > largest):
        nn.utils.clip_grads_with_norm_(module.parameters(), largest, norm)
    if module.trainer.precision != "16-mixed":
        check_finite(norm, "gradient", module.global_step)
    module.log("train/gradient_norm", norm)


def check_finite(values: Tensor, what: str, step: int) -> None:
    """Stop training if a value is not finite.

    Raises:
        FloatingPointError: names the quantity and the step.
    """
    if not torch.isfinite(values).all():
        raise FloatingPointError(
            f"the {what} is not finite at step {step}: lower optimizer.lr or set "
            "trainer.precision=32-true"
        )
