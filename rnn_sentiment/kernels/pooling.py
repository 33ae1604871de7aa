"""The last state of each row, its largest features and their means, in one pass over the states."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from rnn_sentiment.kernels.calls import run, structure
from rnn_sentiment.kernels.lengths import checked
from rnn_sentiment.kernels.ways import way
from rnn_sentiment.types import make_mask

Part = Literal["last", "max", "mean"]
PARTS: tuple[Part, ...] = ("last", "max", "mean")

# `Pool` in source/pointwise.h.
Pool = structure(
    "Pool",
    "half threads batch steps size backward_size last largest mean columns",
    "states lengths pooled positions grad_states",
)


def pool(states: Tensor, lengths: Tensor, parts: Sequence[Part], backward_dim: int = 0) -> Tensor:
    """Pool `states (B, T, D)` to `(B, len(parts) * D)`.

    Args:
        states: (B, T, D); values at padding are not read.
        lengths: (B,) tokens of each row, at least one.
        parts: some of `last`, the state after a row's last token; `max` and `mean` over its
            tokens; in the order of the columns.
        backward_dim: number of the D features, the last ones, that come from a backward direction,
            whose last state is at the row's first token.
    """
    if way(states.device, states.dtype) == "compiled":
        pooled: Tensor = _Pool.apply(  # type: ignore[no-untyped-call]
            states, checked(lengths, states), tuple(parts), backward_dim
        )
        return pooled
    return torch.cat([_pool(states, lengths, part, backward_dim) for part in parts], dim=1)


def _pool(states: Tensor, lengths: Tensor, part: Part, backward_dim: int) -> Tensor:
    """One part in plain torch."""
    if part == "last":
        forward_dim = states.shape[2] - backward_dim
        ends = (lengths - 1)[:, None, None].expand(-1, 1, forward_dim)
        last = states[:, :, :forward_dim].gather(1, ends)[:, 0]
        return torch.cat([last, states[:, 0, forward_dim:]], dim=1)
    padding = ~make_mask(lengths, states.shape[1])[:, :, None]
    if part == "max":
        return states.masked_fill(padding, -torch.inf).amax(1)
    total = states.masked_fill(padding, 0.0).sum(1, dtype=torch.float32)
    return (total / lengths[:, None]).to(states.dtype)


class _Pool(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, states: Tensor, lengths: Tensor, parts: tuple[Part, ...], backward_dim: int
    ) -> Tensor:
        states = states.contiguous()
        batch, steps, size = states.shape
        ctx.numbers = {
            "half": states.dtype == torch.bfloat16,
            "batch": batch,
            "steps": steps,
            "size": size,
            "backward_size": backward_dim,
            "columns": len(parts) * size,
            **{
                field: parts.index(part) * size if part in parts else -1
                for field, part in zip(("last", "largest", "mean"), PARTS, strict=True)
            },
        }
        pooled = states.new_empty(batch, len(parts) * size)
        positions = torch.empty(batch, size, dtype=torch.int32)
        ctx.save_for_backward(lengths, positions)
        run(
            "pool_forward", Pool, **ctx.numbers,
            states=states, lengths=lengths, pooled=pooled, positions=positions,
        )  # fmt: skip
        return pooled

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        lengths, positions = ctx.saved_tensors
        numbers = ctx.numbers
        grad_states = grad.new_empty(numbers["batch"], numbers["steps"], numbers["size"])
        run(
            "pool_backward", Pool, **numbers,
            lengths=lengths, pooled=grad.contiguous(), positions=positions,
            grad_states=grad_states,
        )  # fmt: skip
        return grad_states, None, None, None
