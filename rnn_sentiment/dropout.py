"""Dropout from cheap random numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

LEVELS = 1 << 16  # rates are rounded to one part in so many


def dropout(values: Tensor, rate: float, training: bool) -> Tensor:
    """Zero each of `values` with probability `rate` in training, and scale up the rest.

    On a CPU, `F.dropout` draws 64 random bits for every value, which took a fifth of the time of a
    training step; 16 bits are enough.
    """
    if not training or rate == 0:
        return values
    if values.device.type != "cpu":
        return F.dropout(values, rate)
    return values * kept(values.shape, rate, values.dtype)


def kept(shape: Sequence[int], rate: float, dtype: torch.dtype = torch.float32) -> Tensor:
    """A random mask of `shape` on the CPU: 0 with probability `rate`, else `1 / (1 - rate)`."""
    size = math.prod(shape)
    dropped = min(round(rate * LEVELS), LEVELS - 1)
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
        if embedded.device.type != "cpu":
            return F.dropout1d(F.dropout(embedded, self.rate), self.word_rate)
        mask = kept((*embedded.shape[:2], 1), self.word_rate, embedded.dtype)
        if self.rate:
            mask = kept(embedded.shape, self.rate, embedded.dtype).mul_(mask)
        return embedded * mask
