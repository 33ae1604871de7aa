"""Word ids as plain numbers, in place of an embedding."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import PositiveInt, validate_call
from torch import Tensor, nn

from rnn_sentiment.kernels.dropout import EmbeddingDropout
from rnn_sentiment.types import Rate

if TYPE_CHECKING:
    from rnn_sentiment.data import ReviewDataModule


class NumberEmbedding(nn.Module):
    """Each id as one number between 0 and 1; nothing is learned.

    Frequent words have small ids, so the number is a word's rank by frequency.

    Args:
        vocabulary_size: number of ids.
        dropout, word_dropout: shares of the numbers dropped in training, one after the other.
    """

    table = None

    @validate_call
    def __init__(self, vocabulary_size: PositiveInt, dropout: Rate, word_dropout: Rate) -> None:
        super().__init__()
        self.output_dim = 1
        self.frozen_epochs = 0
        self.largest = max(vocabulary_size - 1, 1)
        self.dropout = EmbeddingDropout(dropout, word_dropout)

    def forward(self, tokens: Tensor) -> Tensor:
        """Turn `tokens (B, T)` into numbers `(B, T, 1)`."""
        numbers: Tensor = self.dropout((tokens / self.largest)[:, :, None])
        return numbers

    def initialise(self, data: ReviewDataModule, seed: int) -> dict[str, Any]:
        """Do nothing; `source` is `numbers`."""
        return {"source": "numbers"}
