"""A table initialised with pretrained vectors."""

from __future__ import annotations

import logging
import math
from abc import abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import torch
from torch import Tensor, nn

from rnn_sentiment.data.tokenizer import PADDING_ID
from rnn_sentiment.embeddings.vectors.lookup import as_torchtext
from rnn_sentiment.embeddings.vectors.reader import read_vectors
from rnn_sentiment.errors import UserError
from rnn_sentiment.kernels.dropout import EmbeddingDropout

if TYPE_CHECKING:
    from rnn_sentiment.data import ReviewDataModule


log = logging.getLogger(__name__)

LOW_COVERAGE = 0.5  # of tokens; GloVe's releases have vectors for over 95 % of English ones


class PretrainedEmbedding(nn.Module):
    """A table of `vectors_dim`, projected to `dim` if that differs; `<pad>` stays zero.

    The table is built without the vectors, so a checkpoint can be restored without them;
    `initialise` fills it before training.

    Args:
        vocabulary_size: rows of the table.
        vectors_dim: size of the vectors.
        dim: size E of the output, also available as `output_dim`; None for `vectors_dim`.
        frozen_epochs: number of epochs in which the vectors are frozen; then they are fine-tuned.
        dropout: share of each vector's entries dropped in training.
        word_dropout: share of the tokens whose whole vector is dropped in training (Iyyer et al.,
            2015).
    """

    def __init__(
        self,
        vocabulary_size: int,
        vectors_dim: int,
        dim: int | None,
        frozen_epochs: int | Literal["all"],
        dropout: float,
        word_dropout: float,
    ) -> None:
        super().__init__()
        self.output_dim = dim or vectors_dim
        self.frozen_epochs = math.inf if frozen_epochs == "all" else frozen_epochs
        self.table = nn.Embedding(vocabulary_size, vectors_dim, padding_idx=PADDING_ID)
        self.table.weight.requires_grad_(frozen_epochs != "all")
        self.projection = (
            nn.Identity()
            if self.output_dim == vectors_dim
            else nn.Linear(vectors_dim, self.output_dim, bias=False)  # keeps zero at zero
        )
        self.dropout = EmbeddingDropout(dropout, word_dropout)

    def forward(self, tokens: Tensor) -> Tensor:
        """Look up `tokens (B, T)`: `(B, T, E)`."""
        embedded: Tensor = self.dropout(self.projection(self.table(tokens)))
        return embedded

    @abstractmethod
    def vectors_file(self, data: ReviewDataModule) -> Path:
        """The file of vectors for a corpus, fetched or learned if it is missing."""

    def initialise(self, data: ReviewDataModule, seed: int) -> dict[str, Any]:
        """Fill the table; the same seed, corpus and vectors give the same table.

        A word without a vector, in its own or in lower case, gets one drawn from a normal
        distribution with the mean and spread, for each dimension, of the vectors found.

        Returns:
            `source`; `coverage.types` and `coverage.tokens`, the shares of the vocabulary and of
            the training texts' tokens that have a vector; and `left_out`, lines by reason.

        Raises:
            UserError: the vectors are not available or cannot be read, or contain no word of the
                vocabulary.
        """
        words = data.vocabulary
        lower = [word.lower() for word in words]
        file = self.vectors_file(data)
        found = read_vectors(file, self.table.embedding_dim, {*words, *lower})
        known = set(found.words)
        covered = np.array(
            [w in known or low in known for w, low in zip(words, lower, strict=True)]
        )
        covered[PADDING_ID] = False
        if not covered.any():
            raise UserError(
                f"{file}: it has no vector for any of the {len(words):,} words of the vocabulary; "
                "give vectors of the corpus's language"
            )
        vectors = torch.from_numpy(found.vectors.copy())
        mean, spread = vectors.mean(0), vectors.std(0, correction=0)
        random = torch.Generator().manual_seed(seed)
        lookup = as_torchtext(
            found, lambda empty: mean + spread * torch.randn(empty.shape, generator=random)
        )
        with torch.no_grad():
            self.table.weight.copy_(lookup.get_vecs_by_tokens(words, lower_case_backup=True))
            self.table.weight[PADDING_ID].zero_()
        counts = np.zeros(len(words), np.int64)
        for tokens in data.tokens(data.train_set):
            np.add.at(counts, tokens, 1)
        share = float(counts[covered].sum() / counts.sum())
        if share < LOW_COVERAGE:
            log.warning(
                "only %.0f %% of the training texts' tokens have a vector in %s, the others a "
                "random one; are these vectors of the texts' language?",
                100 * share, file,
            )  # fmt: skip
        return {
            "source": str(file),
            "coverage": {"types": float(covered[1:].mean()), "tokens": share},
            "left_out": found.left_out,
        }
