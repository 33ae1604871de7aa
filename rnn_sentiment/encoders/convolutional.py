"""Convolutional encoders: n-gram detectors of several widths, then pooling."""

from __future__ import annotations

from typing import Annotated

import torch
from pydantic import Field, PositiveInt, validate_call
from torch import Tensor, nn
from torch.nn import functional as F

from rnn_sentiment.embeddings import Dropout
from rnn_sentiment.encoders.pooling import Pooling, PoolingName


class ConvolutionalEncoder(nn.Module):
    """Layers of parallel Conv1d with ReLU, then pooling (Kim, 2014).

    Every layer pads with zeros to keep the length and is blanked at padding, so that a row sees
    the same zeros behind its end however far its batch is padded.

    Args:
        input_dim: size E of an embedded token.
        num_filters: features of each width.
        widths: kernel sizes, in tokens, that stand side by side in every layer.
        num_layers: layers on top of one another.
        dropout: share of each layer's outputs dropped in training.
        pooling: how features of all positions become one vector; see `Pooling`.
    """

    @validate_call
    def __init__(
        self,
        input_dim: PositiveInt,
        num_filters: PositiveInt,
        widths: Annotated[list[PositiveInt], Field(min_length=1)],
        num_layers: PositiveInt,
        dropout: Dropout,
        pooling: PoolingName,
    ) -> None:
        super().__init__()
        sizes = [input_dim] + [len(widths) * num_filters] * num_layers
        self.layers = nn.ModuleList(
            nn.ModuleList(nn.Conv1d(size, num_filters, width) for width in widths)
            for size in sizes[:-1]
        )
        self.dropout = nn.Dropout(dropout)
        self.pooling = Pooling(pooling, sizes[-1])
        self.output_dim = self.pooling.output_dim

    def forward(self, embedded: Tensor, mask: Tensor) -> Tensor:
        """Encode `embedded (B, T, E)` under `mask (B, T)` as `(B, output_dim)`."""
        states = embedded
        for convolutions in self.layers:
            assert isinstance(convolutions, nn.ModuleList)
            channels = states.masked_fill(~mask[:, :, None], 0.0).transpose(1, 2)  # (B, E, T)
            features = torch.cat(
                [apply_same(convolve, channels) for convolve in convolutions], dim=1
            )
            states = self.dropout(features.relu().transpose(1, 2))
        pooled: Tensor = self.pooling(states, mask)
        return pooled


def apply_same(convolve: nn.Module, channels: Tensor) -> Tensor:
    """Convolve `channels (B, E, T)` to `(B, F, T)`, with zeros around both ends."""
    assert isinstance(convolve, nn.Conv1d)
    (width,) = convolve.kernel_size
    features: Tensor = convolve(F.pad(channels, ((width - 1) // 2, width // 2)))
    return features
