"""Losses and gradients that are finite, and gradients as short as they should be."""

from __future__ import annotations

import torch
from lightning import LightningModule
from torch import Tensor, nn


def clip_gradients(module: LightningModule, largest: float | None) -> None:
    """Clip by norm, log the norm before clipping, and stop at one that is not finite.

    A scaled fp16 step may overflow; its GradScaler then skips the step, so it may go on.

    Args:
        module: whose parameters have gradients.
        largest: the norm above which they are clipped; None never clips.
    """
    gradients = [p.grad for p in module.parameters() if p.grad is not None]
    norm = nn.utils.get_total_norm(gradients)
    # A small norm spares a CPU the pass; a GPU does not wait to know it.
    if largest is not None and (norm.is_cuda or norm > largest):
        nn.utils.clip_grads_with_norm_(module.parameters(), largest, norm)
    if module.trainer.precision != "16-mixed":
        check_finite(norm, "gradient", module.global_step)
    module.log("train/gradient_norm", norm)


def check_finite(values: Tensor, what: str, step: int) -> None:
    """Stop training where a number is not finite.

    Raises:
        FloatingPointError: says what it is of, and at which step.
    """
    if not torch.isfinite(values).all():
        raise FloatingPointError(
            f"the {what} is not finite at step {step}: lower optimizer.lr or set "
            "trainer.precision=32-true"
        )
