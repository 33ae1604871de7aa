"""Convolutional encoders: n-gram detectors of several widths, then pooling."""

from __future__ import annotations

from typing import Annotated

import torch
from pydantic import Field, PositiveInt, validate_call
from torch import Tensor, nn
from torch.nn import functional as F

from rnn_sentiment.encoders.dense import FeatureDropout, dense_layers
from rnn_sentiment.encoders.pooling import Pooling, PoolingName
from rnn_sentiment.types import Rate

Widths = Annotated[list[PositiveInt], Field(min_length=1)]


class ConvolutionalLayer(nn.ModuleList):
    """Parallel Conv1d of several widths with ReLU.

    It pads with zeros to keep the length and is blanked at padding, so that a row sees the same
    zeros behind its end however far its batch is padded.

    Args:
        input_dim: features of a step that come in.
        num_filters: features of each width.
        widths: kernel sizes, in steps, that stand side by side.
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

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        """Convolve `states (B, T, input_dim)` under `mask (B, T)` to `(B, T, output_dim)`."""
        channels = states.masked_fill(~mask[:, :, None], 0.0).transpose(1, 2)  # (B, E, T)
        features = torch.cat([apply_same(convolve, channels) for convolve in self], dim=1)
        return F.dropout(features.relu().transpose(1, 2), self.dropout, self.training)


class ConvolutionalEncoder(nn.Module):
    """Layers of parallel Conv1d with ReLU, then pooling (Kim, 2014); see `ConvolutionalLayer`.

    Args:
        input_dim: size E of an embedded token.
        num_filters: features of each width.
        widths: kernel sizes, in tokens, that stand side by side in every layer.
        num_layers: layers on top of one another.
        dropout: share of each layer's outputs dropped in training, dense ones included.
        pooling: how features of all positions become one vector; see `Pooling`.
        input_dropout: share of an input's features dropped at all steps of a row.
        dense_before: sizes of dense layers on every step, before the convolutions.
        dense_after: sizes of dense layers behind the pooling.
    """

    @validate_call
    def __init__(
        self,
        input_dim: PositiveInt,
        num_filters: PositiveInt,
        widths: Widths,
        num_layers: PositiveInt,
        dropout: Rate,
        pooling: PoolingName,
        input_dropout: Rate = 0.0,
        dense_before: tuple[PositiveInt, ...] = (),
        dense_after: tuple[PositiveInt, ...] = (),
    ) -> None:
        super().__init__()
        self.input_dropout = FeatureDropout(input_dropout, input_dim)
        self.before = nn.Sequential(*dense_layers(input_dim, dense_before, dropout))
        sizes = [[input_dim, *dense_before][-1]] + [len(widths) * num_filters] * num_layers
        self.layers = nn.ModuleList(
            ConvolutionalLayer(size, num_filters, widths, dropout) for size in sizes[:-1]
        )
        self.pooling = Pooling(pooling, sizes[-1])
        self.after = nn.Sequential(*dense_layers(self.pooling.output_dim, dense_after, dropout))
        self.output_dim = [self.pooling.output_dim, *dense_after][-1]

    def forward(self, embedded: Tensor, mask: Tensor) -> Tensor:
        """Encode `embedded (B, T, E)` under `mask (B, T)` as `(B, output_dim)`."""
        states = self.before(self.input_dropout(embedded, mask))
        for layer in self.layers:
            states = layer(states, mask)  # (B, T, D)
        encoded: Tensor = self.after(self.pooling(states, mask))
        return encoded


def apply_same(convolve: nn.Module, channels: Tensor) -> Tensor:
    """Convolve `channels (B, E, T)` to `(B, F, T)`, with zeros around both ends."""
    assert isinstance(convolve, nn.Conv1d)
    (width,) = convolve.kernel_size
    features: Tensor = convolve(F.pad(channels, ((width - 1) // 2, width // 2)))
    return features
