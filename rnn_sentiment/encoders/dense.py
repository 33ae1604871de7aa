"""Dense layers around an encoder's own layers, and dropout of whole features."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import PositiveInt, validate_call
from torch import Tensor, nn

from rnn_sentiment.kernels.dropout import Dropout
from rnn_sentiment.types import Rate


def dense_layers(input_dim: int, sizes: Sequence[int], dropout: float) -> list[nn.Module]:
    """Linear, ReLU and dropout for each of `sizes`, from `(..., input_dim)` to `(..., last size)`.

    Args:
        input_dim: number of input features.
        sizes: number of features of each layer; empty for no layer.
        dropout: share of each layer's outputs dropped in training.
    """
    layers: list[nn.Module] = []
    for before, after in zip([input_dim, *sizes], sizes, strict=False):
        layers += [nn.Linear(before, after), nn.ReLU(), Dropout(dropout)]
    return layers


class Dense(nn.Module):
    """One dense layer with ReLU, on each step or on a pooled vector.

    Args:
        input_dim: number of input features.
        size: number of output features.
        dropout: share of the outputs dropped in training.
    """

    @validate_call
    def __init__(self, input_dim: PositiveInt, size: PositiveInt, dropout: Rate = 0.0) -> None:
        super().__init__()
        self.layers = nn.Sequential(*dense_layers(input_dim, [size], dropout))
        self.output_dim = size

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        """Map `(..., input_dim)` to `(..., size)`."""
        mapped: Tensor = self.layers(states)
        return mapped


class FeatureDropout(nn.Module):
    """Drop features of a review at all of its steps (Gal & Ghahramani, 2016).

    Args:
        rate: share of the features dropped in training.
        input_dim: number of input and output features.
    """

    @validate_call
    def __init__(self, rate: Rate, input_dim: PositiveInt) -> None:
        super().__init__()
        self.dropout = nn.Dropout1d(rate)
        self.output_dim = input_dim

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        """Drop in `states (B, T, D)`."""
        kept: Tensor = self.dropout(states.transpose(1, 2))
        return kept.transpose(1, 2)
