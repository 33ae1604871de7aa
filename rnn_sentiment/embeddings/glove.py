"""GloVe vectors (Pennington et al., 2014), from a file or from the Hub."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import NonNegativeInt, PositiveInt, validate_call

from rnn_sentiment.embeddings.pretrained import PretrainedEmbedding
from rnn_sentiment.embeddings.vectors.fetch import Release, fetch_release
from rnn_sentiment.types import Rate

if TYPE_CHECKING:
    from rnn_sentiment.data import ReviewDataModule


class GloveEmbedding(PretrainedEmbedding):
    """A table initialised with GloVe vectors.

    Args:
        vocabulary_size: rows of the table.
        name: a release, fetched once from the Hub into the cache.
        path: a local `.txt`, `.txt.gz` or `.zip` in GloVe's format, used instead of `name`.
        vectors_dim: size of the vectors; None takes it from the name, such as 50 from `6B.50d`.
        dim: see `PretrainedEmbedding`, as for the rest.
    """

    @validate_call
    def __init__(
        self,
        vocabulary_size: PositiveInt,
        name: Release,
        path: str | None,
        vectors_dim: PositiveInt | None,
        dim: PositiveInt | None,
        frozen_epochs: NonNegativeInt | Literal["all"],
        dropout: Rate,
        word_dropout: Rate,
    ) -> None:
        if vectors_dim is None:
            sizes = re.findall(r"(?<!\d)(\d+)d(?![^\W_])", Path(path).name if path else name)
            if not sizes or sizes[-1] == "0":
                raise ValueError(
                    f"the size of the vectors in {path} is not in its name; set "
                    "embedding.vectors_dim"
                )
            vectors_dim = int(sizes[-1])
        super().__init__(vocabulary_size, vectors_dim, dim, frozen_epochs, dropout, word_dropout)
        self.name = name
        self.path = path

    def vectors_file(self, data: ReviewDataModule) -> Path:
        """The local file, or the release in the cache."""
        if self.path is not None:
            return Path(self.path).expanduser()
        return fetch_release(self.name, data.cache)
