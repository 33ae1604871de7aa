"""Convolutional layers: n-gram detectors of several widths."""

from __future__ import annotations

from typing import Annotated

import torch
from pydantic import Field, PositiveInt, validate_call
from torch import Tensor, nn
from torch.nn import functional as F

from rnn_sentiment.kernels.convolution import convolve_max
from rnn_sentiment.kernels.dropout import dropout
from rnn_sentiment.kernels.pooling import pool
from rnn_sentiment.kernels.ways import product_type, way
from rnn_sentiment.types import Rate

Widths = Annotated[list[PositiveInt], Field(min_length=1)]


class ConvolutionalLayer(nn.ModuleList):
    """Parallel Conv1d of several widths with ReLU (Kim, 2014).

    Zeros at both ends keep the length, and outputs at padding are zero, so a row's result does not
    depend on how far its batch is padded.

    Args:
        input_dim: number of input features.
        num_filters: number of filters of each width.
        widths: kernel sizes, in steps, of the parallel convolutions.
        dropout: share of the outputs dropped in training.
    """

    @validate_call
    def __init__(
        self,
        input_dim: PositiveInt,
        num_filters: PositiveInt,
        widths: Widths,
        dropout: Rate = 0.0,
    ) -> None:
        super().__init__(nn.Conv1d(input_dim, num_filters, width) for width in widths)
        self.dropout = dropout
        self.output_dim = len(widths) * num_filters

    def forward(self, states: Tensor, mask: Tensor, *, pooled: bool = False) -> Tensor:
        """Convolve `states (B, T, input_dim)` under `mask (B, T)` to `(B, T, output_dim)`.

        With `pooled`, only the largest output of each row is computed: `(B, output_dim)`.
        """
        if pooled:
            return self._largest(states, mask)
        channels = states.masked_fill(~mask[:, :, None], 0.0).transpose(1, 2)  # (B, E, T)
        features = torch.cat([apply_same(convolve, channels) for convolve in self], dim=1)
        return dropout(features.relu().transpose(1, 2), self.dropout, self.training)

    def _largest(self, states: Tensor, mask: Tensor) -> Tensor:
        """The largest value of each filter in a row: `(B, filters)`."""
        dtype = product_type(states)
        if way(states.device, dtype) != "compiled":
            return pool(self(states, mask), mask.sum(1), ["max"])
        rate = self.dropout if self.training else 0.0
        half = dtype == torch.bfloat16
        return convolve_max(states, mask.sum(1), list(self), rate, half)  # type: ignore[arg-type]


def apply_same(convolve: nn.Module, channels: Tensor) -> Tensor:
    """Convolve `channels (B, E, T)` to `(B, F, T)`, with zeros around both ends."""
    assert isinstance(convolve, nn.Conv1d)
    (width,) = convolve.kernel_size
    features: Tensor = convolve(F.pad(channels, ((width - 1) // 2, width // 2)))
    return features
