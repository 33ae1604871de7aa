"""The baseline that cannot read order: pooled embeddings."""

from __future__ import annotations

from pydantic import NonNegativeInt, PositiveInt, validate_call
from torch import Tensor, nn

from rnn_sentiment.encoders.dense import FeatureDropout, dense_layers
from rnn_sentiment.encoders.pooling import Pooling, PoolingName
from rnn_sentiment.types import Rate


class BagEncoder(nn.Module):
    """Pool the embedded tokens, then dense layers (fastText with none, else Iyyer et al., 2015).

    Args:
        input_dim: size E of an embedded token.
        hidden_size: features of each dense layer.
        num_layers: dense layers with ReLU behind the pooling; 0 for none.
        dropout: share of the pooled and the dense features dropped in training.
        pooling: how embedded tokens become one vector; see `Pooling`.
        input_dropout: share of an input's features dropped at all steps of a row.
        dense_before: sizes of dense layers on every step, before the pooling.
        dense_after: sizes of further dense layers, which need not be alike.
    """

    @validate_call
    def __init__(
        self,
        input_dim: PositiveInt,
        hidden_size: PositiveInt,
        num_layers: NonNegativeInt,
        dropout: Rate,
        pooling: PoolingName,
        input_dropout: Rate = 0.0,
        dense_before: tuple[PositiveInt, ...] = (),
        dense_after: tuple[PositiveInt, ...] = (),
    ) -> None:
        super().__init__()
        self.input_dropout = FeatureDropout(input_dropout, input_dim)
        self.before = nn.Sequential(*dense_layers(input_dim, dense_before, dropout))
        self.pooling = Pooling(pooling, [input_dim, *dense_before][-1])
        sizes = [*[hidden_size] * num_layers, *dense_after]
        self.layers = nn.Sequential(
            nn.Dropout(dropout), *dense_layers(self.pooling.output_dim, sizes, dropout)
        )
        self.output_dim = [self.pooling.output_dim, *sizes][-1]

    def forward(self, embedded: Tensor, mask: Tensor) -> Tensor:
        """Encode `embedded (B, T, E)` under `mask (B, T)` as `(B, output_dim)`."""
        states = self.before(self.input_dropout(embedded, mask))  # (B, T, D)
        encoded: Tensor = self.layers(self.pooling(states, mask))
        return encoded
