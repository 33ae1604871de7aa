"""Hashed word n-grams: short phrases as additional features."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import torch
from pydantic import ConfigDict, Field, PositiveInt, validate_call
from torch import Tensor, nn
from torch.nn import functional as F

from rnn_sentiment.data.tokenizer import PADDING_ID
from rnn_sentiment.outcome import Outcome

if TYPE_CHECKING:
    from rnn_sentiment.data import ReviewDataModule

MULTIPLIER = -7046029254386353131  # 0x9E3779B97F4A7C15 as int64: 2^64 over the golden ratio


class HashedNgrams(nn.Module):
    """A second channel: vectors of the n-grams that begin at each token (Joulin et al., 2016).

    N-grams share `num_buckets` rows of one table by their hash; those that would reach into padding
    are left out, and the vectors of different sizes are added.

    Args:
        outcome: not used, since the vectors are learned.
        sizes: numbers of tokens of an n-gram, for example `[2]` for bigrams.
        num_buckets: number of rows of the table that n-grams are hashed to.
        dim: size of a vector, also available as `output_dim`.
    """

    @validate_call(config=ConfigDict(arbitrary_types_allowed=True))
    def __init__(
        self,
        outcome: Outcome,
        sizes: Annotated[list[Annotated[int, Field(ge=2)]], Field(min_length=1)],
        num_buckets: PositiveInt,
        dim: PositiveInt,
    ) -> None:
        super().__init__()
        self.sizes = sizes
        self.num_buckets = num_buckets
        self.output_dim = dim
        self.table = nn.Embedding(1 + num_buckets, dim, padding_idx=PADDING_ID)
        nn.init.uniform_(self.table.weight, -0.05, 0.05)
        nn.init.zeros_(self.table.weight[PADDING_ID])

    def forward(self, tokens: Tensor) -> Tensor:
        """Look up the n-grams of `tokens (B, T)`: `(B, T, dim)`."""
        return self.of_sizes(tokens).sum(0)

    def of_sizes(self, tokens: Tensor) -> Tensor:
        """The contribution of each size of n-grams to the channel: `(S, B, T, dim)`."""
        rows = torch.stack([self.rows(tokens, size) for size in self.sizes])  # (S, B, T)
        vectors: Tensor = self.table(rows)
        return vectors

    def rows(self, tokens: Tensor, size: int) -> Tensor:
        """Rows `(B, T)` of the table for n-grams of one size; the zero row if none begins there."""
        hashes, whole = hashes_of_ngrams(tokens, size)
        return torch.where(whole, 1 + hashes % self.num_buckets, PADDING_ID)

    def initialise(self, data: ReviewDataModule) -> dict[str, Any]:
        """Do nothing: no initial values depend on the corpus."""
        return {}


def hashes_of_ngrams(tokens: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """Hash the n-grams that begin at each of `tokens (B, T)`.

    Returns:
        int64 `(B, T)`, and bool `(B, T)`: False if an n-gram would reach into padding.
    """
    following = F.pad(tokens, (0, size - 1), value=PADDING_ID)
    steps = [following[:, i : i + tokens.shape[1]] for i in range(size)]
    hashes = torch.full_like(tokens, size)
    for step in steps:
        hashes = mix((hashes ^ step) * MULTIPLIER)
    return hashes, steps[-1] != PADDING_ID


def mix(hashes: Tensor) -> Tensor:
    """Mix the high bits into the low ones."""
    return hashes ^ ((hashes >> 29) & 0x7FFFFFFFF)
