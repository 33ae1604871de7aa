"""Data loaders for chosen rows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch.utils.data import DataLoader, Dataset, Sampler

from rnn_sentiment.data.batches import (
    BucketBatchSampler,
    PairedDataset,
    PairedSampler,
    TokenDataset,
)
from rnn_sentiment.data.reading import Reading
from rnn_sentiment.data.streaming import StreamedRows, StreamLoader
from rnn_sentiment.types import Batch, BatchWithUnlabelled

T = TypeVar("T")
Rows = TokenDataset | StreamedRows
Loader = DataLoader[Batch] | StreamLoader


@dataclass(frozen=True)
class Loaders:
    """Makes the loaders of a data module, whose arguments these are, for one process.

    Args:
        reading: which tokens of each row are read.
        tokenizer_file: of the rows that are streamed.
        rank, world_size: this process among those that share the batches.
    """

    reading: Reading
    tokenizer_file: Path
    seed: int
    bucketed: bool
    by_tokens: bool
    num_workers: int
    rank: int
    world_size: int

    def training(self, rows: Rows, batch_size: int) -> Loader:
        """Batches in a new random order every epoch."""
        if isinstance(rows, TokenDataset):
            return load(rows, self._shuffled(rows, batch_size))
        order = {"seed": self.seed, "bucketed": self.bucketed, "by_tokens": self.by_tokens}
        return self._stream(rows, batch_size, True, num_workers=self.num_workers, **order)

    def training_with(
        self, unlabelled: TokenDataset, more: int, rows: TokenDataset, batch_size: int
    ) -> DataLoader[BatchWithUnlabelled]:
        """Like `training`; each batch comes with a batch of `more` unlabelled rows."""
        pairs = PairedSampler(self._shuffled(rows, batch_size), self._shuffled(unlabelled, more))
        return load(PairedDataset(rows, unlabelled), pairs)

    def evaluation(self, rows: Rows, batch_size: int) -> Loader:
        """Batches of equally many tokens, in a fixed order."""
        if isinstance(rows, TokenDataset):
            sampler = BucketBatchSampler(
                rows.lengths, batch_size, False, by_tokens=True,
                rank=self.rank, world_size=self.world_size,
            )  # fmt: skip
            return load(rows, sampler)
        # There is nothing to do beside reading, so no process of its own reads.
        return self._stream(rows, batch_size, False, by_tokens=True)

    def _shuffled(self, rows: TokenDataset, batch_size: int) -> BucketBatchSampler:
        return BucketBatchSampler(
            rows.lengths, batch_size, True, self.seed, self.bucketed, self.by_tokens,
            self.rank, self.world_size,
        )  # fmt: skip

    def _stream(
        self, rows: StreamedRows, batch_size: int, shuffle: bool, **order: Any
    ) -> StreamLoader:
        return StreamLoader(
            rows, self.tokenizer_file, batch_size, self.reading, shuffle,
            rank=self.rank, world_size=self.world_size, **order,
        )  # fmt: skip


def load(rows: Dataset[T], sampler: Sampler[Any]) -> DataLoader[T]:
    """Load the batches that a sampler yields.

    They come from memory-mapped arrays, so worker processes would only add copies.
    """
    # A loader without a generator draws from torch's, before or after an epoch is seeded.
    return DataLoader(rows, sampler=sampler, batch_size=None, generator=torch.Generator())
