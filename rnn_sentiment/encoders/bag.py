"""The baseline that cannot read order: pooled embeddings."""

from __future__ import annotations

from pydantic import NonNegativeInt, PositiveInt, validate_call
from torch import Tensor, nn

from rnn_sentiment.embeddings import Dropout
from rnn_sentiment.encoders.pooling import Pooling, PoolingName


class BagEncoder(nn.Module):
    """Pool the embedded tokens, then dense layers (fastText with none, else Iyyer et al., 2015).

    Args:
        input_dim: size E of an embedded token.
        hidden_size: features of each dense layer.
        num_layers: dense layers with ReLU behind the pooling; 0 for none.
        dropout: share of the pooled and the dense features dropped in training.
        pooling: how embedded tokens become one vector; see `Pooling`.
    """

    @validate_call
    def __init__(
        self,
        input_dim: PositiveInt,
        hidden_size: PositiveInt,
        num_layers: NonNegativeInt,
        dropout: Dropout,
        pooling: PoolingName,
    ) -> None:
        super().__init__()
        self.pooling = Pooling(pooling, input_dim)
        sizes = [self.pooling.output_dim] + [hidden_size] * num_layers
        self.layers = nn.Sequential(nn.Dropout(dropout))
        for size in sizes[:-1]:
            self.layers.extend([nn.Linear(size, hidden_size), nn.ReLU(), nn.Dropout(dropout)])
        self.output_dim = sizes[-1]

    def forward(self, embedded: Tensor, mask: Tensor) -> Tensor:
        """Encode `embedded (B, T, E)` under `mask (B, T)` as `(B, output_dim)`."""
        encoded: Tensor = self.layers(self.pooling(embedded, mask))
        return encoded
