"""A table learned from scratch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import PositiveInt, validate_call
from torch import Tensor, nn

from rnn_sentiment.data.tokenizer import PADDING_ID
from rnn_sentiment.kernels.dropout import EmbeddingDropout
from rnn_sentiment.types import Rate

if TYPE_CHECKING:
    from rnn_sentiment.data import ReviewDataModule


class RandomEmbedding(nn.Module):
    """A table of vectors learned from scratch.

    Args:
        vocabulary_size: rows of the table.
        dim: size E of a vector, also available as `output_dim`.
        dropout: share of each vector's entries dropped in training.
        word_dropout: share of the tokens whose whole vector is dropped in training (Iyyer et al.,
            2015).
        masked: the padding vector stays zero; False learns it like any other.
        directions: 2 for layers whose directions read half of a vector each (`separate`), so that
            n-grams join both halves.
    """

    @validate_call
    def __init__(
        self,
        vocabulary_size: PositiveInt,
        dim: PositiveInt,
        dropout: Rate,
        word_dropout: Rate,
        masked: bool = True,
        directions: Literal[1, 2] = 1,
    ) -> None:
        super().__init__()
        self.output_dim = dim
        self.directions = directions
        self.frozen_epochs = 0
        padding = PADDING_ID if masked else None
        self.table = nn.Embedding(vocabulary_size, dim, padding_idx=padding)
        # Keras' default: small vectors, so that rare words start with little to say.
        nn.init.uniform_(self.table.weight, -0.05, 0.05)
        if masked:
            nn.init.zeros_(self.table.weight[PADDING_ID])
        self.dropout = EmbeddingDropout(dropout, word_dropout)

    def forward(self, tokens: Tensor) -> Tensor:
        """Look up `tokens (B, T)`: `(B, T, E)`."""
        embedded: Tensor = self.dropout(self.table(tokens))
        return embedded

    def initialise(self, data: ReviewDataModule, seed: int) -> dict[str, Any]:
        """Do nothing; `source` is `random`."""
        return {"source": "random"}
