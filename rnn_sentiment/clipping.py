"""Gradients that stay finite, and as short as they should be."""

from __future__ import annotations

import torch
from lightning import LightningModule
from torch import nn


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
    if not torch.isfinite(norm) and module.trainer.precision != "16-mixed":
        raise FloatingPointError(
            f"the gradient is not finite at step {module.global_step}: "
            "lower optimizer.lr or set trainer.precision=32-true"
        )
    module.log("train/gradient_norm", norm)
