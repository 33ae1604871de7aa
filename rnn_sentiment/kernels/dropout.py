"""Dropout from cheap random numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional as F

from rnn_sentiment.kernels.calls import run, structure
from rnn_sentiment.kernels.ways import way

LEVELS = 1 << 16  # rates are rounded to one part in so many
WIDTH = 1 << 12  # numbers that are drawn from one key

# `Drop` in source/pointwise.h.
Drop = structure(
    "Drop", "half threads size width seed dropped dropped_rows", "values out"
)  # fmt: skip


def dropout(values: Tensor, rate: float, training: bool) -> Tensor:
    """Zero each of `values` with probability `rate` in training, and scale up the rest.

    On a CPU, `F.dropout` draws 64 random bits for every value, which took a fifth of the time of a
    training step; 16 bits are enough. The compiled kernel draws them in the pass that reads and
    writes the values, forward and backward.
    """
    if not training or rate == 0:
        return values
    if way(values.device, values.dtype) == "compiled":
        return _dropped(values, rate, 0.0, WIDTH)
    if values.device.type != "cpu":
        return F.dropout(values, rate)
    return values * kept(values.shape, rate, values.dtype)


def _dropped(values: Tensor, rate: float, row_rate: float, width: int) -> Tensor:
    """Drop with the compiled kernel, also whole rows of `width` numbers."""
    dropped: Tensor = _Drop.apply(values, draw_seed(), level(rate), level(row_rate), width)  # type: ignore[no-untyped-call]
    return dropped


class _Drop(torch.autograd.Function):
    """The mask is a function of the seed, so the backward pass can recompute it."""

    @staticmethod
    def forward(ctx: Any, values: Tensor, *settings: int) -> Tensor:
        values = _dense(values)
        ctx.settings, ctx.strides = settings, values.stride()
        return _drop(values, *settings)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        if grad.stride() != ctx.strides:
            grad = torch.empty_strided(grad.shape, ctx.strides, dtype=grad.dtype).copy_(grad)
        return _drop(grad, *ctx.settings), None, None, None, None


def _dense(values: Tensor) -> Tensor:
    """Values contiguous in memory, in any order of dimensions."""
    return values if torch.empty_like(values).stride() == values.stride() else values.contiguous()


def _drop(values: Tensor, seed: int, dropped: int, dropped_rows: int, width: int) -> Tensor:
    out = torch.empty_like(values)
    run(
        "drop",
        Drop,
        half=values.dtype == torch.bfloat16,
        size=values.numel(),
        width=width,
        seed=seed,
        dropped=dropped,
        dropped_rows=dropped_rows,
        values=values,
        out=out,
    )
    return out


def draw_seed() -> int:
    """A seed for a mask, from torch's generator."""
    return int(torch.empty((), dtype=torch.int64).random_(-(1 << 63), None))


def level(rate: float) -> int:
    """How many of `LEVELS` equally likely numbers are dropped."""
    return min(round(rate * LEVELS), LEVELS - 1)


def kept(shape: Sequence[int], rate: float, dtype: torch.dtype = torch.float32) -> Tensor:
    """A random mask of `shape` on the CPU: 0 with probability `rate`, else `1 / (1 - rate)`."""
    size = math.prod(shape)
    dropped = level(rate)
    bits = torch.empty(-(-size // 4), dtype=torch.int64).random_(-(1 << 63), None)
    numbers = bits.view(torch.int16)[:size].view(*shape)
    return (numbers >= dropped - LEVELS // 2).to(dtype).mul_(LEVELS / (LEVELS - dropped))


class Dropout(nn.Module):
    """`dropout` as a module.

    Args:
        rate: share of the values dropped in training.
    """

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate

    def forward(self, values: Tensor) -> Tensor:
        """Drop in `values`, of any shape."""
        return dropout(values, self.rate, self.training)

    def extra_repr(self) -> str:
        """The rate, for `print(model)`."""
        return f"rate={self.rate}"


class EmbeddingDropout(nn.Module):
    """Dropout of single numbers of embedded tokens, and of whole tokens (Iyyer et al., 2015).

    Args:
        rate: share of the numbers dropped in training.
        word_rate: share of the tokens dropped in training.
    """

    def __init__(self, rate: float, word_rate: float) -> None:
        super().__init__()
        self.rate, self.word_rate = rate, word_rate

    def forward(self, embedded: Tensor) -> Tensor:
        """Drop in `embedded (B, T, E)`."""
        if not self.training or self.rate == self.word_rate == 0:
            return embedded
        if way(embedded.device, embedded.dtype) == "compiled":
            embedded = embedded.contiguous()
            return _dropped(embedded, self.rate, self.word_rate, embedded.shape[2])
        if embedded.device.type != "cpu":
            return F.dropout1d(F.dropout(embedded, self.rate), self.word_rate)
        mask = kept((*embedded.shape[:2], 1), self.word_rate, embedded.dtype)
        if self.rate:
            mask = kept(embedded.shape, self.rate, embedded.dtype).mul_(mask)
        return embedded * mask
