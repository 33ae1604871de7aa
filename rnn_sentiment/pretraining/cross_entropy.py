"""Cross-entropy over many classes, in a fraction of the memory that the scores would take."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from rnn_sentiment.kernels import product_type

SCORES = 1 << 20  # scores computed at once; they fit in the processor's cache


def linear_cross_entropy(states: Tensor, weight: Tensor, targets: Tensor) -> Tensor:
    """Sum of the losses, in nats and float32, of `targets (N,)` under `states @ weight.T`.

    Scores are computed a few rows at a time, together with their gradient, so that neither is ever
    stored as a whole. Under autocast, products use its data type, and everything else float32.

    Args:
        states: (N, D).
        weight: (C, D), a row for each class.
        targets: (N,) classes.
    """
    dtype = product_type(states)
    total: Tensor = _LinearCrossEntropy.apply(states.to(dtype), weight.to(dtype), targets)  # type: ignore[no-untyped-call]
    return total


class _LinearCrossEntropy(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, states: Tensor, weight: Tensor, targets: Tensor) -> Tensor:
        with torch.autocast(states.device.type, enabled=False):
            wanted = any(ctx.needs_input_grad)
            total = torch.zeros((), device=states.device, dtype=torch.float32)
            grad_states = torch.empty_like(states)
            grad_weight = torch.zeros(weight.shape, device=weight.device, dtype=torch.float32)
            size = max(1, SCORES // len(weight))
            for start in range(0, len(states), size):
                where = slice(start, start + size)
                own, correct = states[where], targets[where, None]
                scores = own @ weight.t()
                shares = torch.softmax(scores, dim=1, dtype=torch.float32)
                # Via the largest share, since the logarithm of a tiny one may be infinite.
                norms = scores.amax(1).float() - shares.amax(1).log()
                total += (norms - scores.gather(1, correct).squeeze(1)).sum()
                if wanted:
                    shares.scatter_add_(1, correct, -torch.ones_like(shares[:, :1]))
                    surplus = shares.to(weight.dtype)
                    torch.mm(surplus, weight, out=grad_states[where])
                    grad_weight += surplus.t() @ own
        if wanted:
            ctx.save_for_backward(grad_states, grad_weight)
            ctx.dtype = weight.dtype
        return total

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, None]:
        grad_states, grad_weight = ctx.saved_tensors
        return grad_states * grad, (grad_weight * grad).to(ctx.dtype), None
