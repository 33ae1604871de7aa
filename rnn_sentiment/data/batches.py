"""Padded batches of token rows with similar lengths."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch.utils.data import Dataset, Sampler

from rnn_sentiment.data.reading import Reading
from rnn_sentiment.data.rows import ChosenRows, TokenSplit
from rnn_sentiment.data.tokenizer import PADDING_ID
from rnn_sentiment.errors import UserError
from rnn_sentiment.types import Batch, BatchWithUnlabelled


def pad(rows: list[np.ndarray], labels: np.ndarray) -> Batch:
    """Collate rows of ids into one batch, as wide as the longest row and padded at the end."""
    lengths = np.fromiter(map(len, rows), np.int64, len(rows))
    tokens = np.full((len(rows), lengths.max()), PADDING_ID, np.int64)
    tokens[np.arange(tokens.shape[1]) < lengths[:, None]] = np.concatenate(rows)
    return Batch(torch.from_numpy(tokens), torch.from_numpy(lengths), torch.from_numpy(labels))


def cuts(lengths: np.ndarray, num_batches: int, by_tokens: bool, fewest: int = 1) -> np.ndarray:
    """Where to cut consecutive rows into batches of similar size.

    Args:
        lengths: (N,) tokens of each row, in order.
        num_batches: number of batches, at most N / `fewest`.
        by_tokens: balance tokens rather than rows, as far as rows allow.
        fewest: minimum number of rows in a batch.

    Returns:
        (num_batches - 1,) the first row of each batch except the first.
    """
    inner = np.arange(1, num_batches)
    if not by_tokens:
        sizes = np.full(num_batches, len(lengths) // num_batches)
        sizes[: len(lengths) % num_batches] += 1
        return np.cumsum(sizes)[:-1]
    tokens = np.cumsum(lengths)
    found = np.searchsorted(tokens, inner * tokens[-1] / num_batches)
    # No batch has fewer rows than `fewest`: neither those before a cut nor those behind it.
    apart = np.maximum.accumulate(np.maximum(found, fewest) - fewest * inner) + fewest * inner
    return np.minimum(apart, len(lengths) - fewest * (num_batches - inner))


class TokenDataset(ChosenRows, Dataset[Batch]):
    """Rows of a token split; indexing by a list of positions returns a padded batch.

    Args:
        split: the stored rows.
        rows: (N,) positions in `split` of this data set's rows.
        reading: which tokens of each row are read.
    """

    split: TokenSplit

    def __init__(self, split: TokenSplit, rows: np.ndarray, reading: Reading) -> None:
        super().__init__(split, rows)
        self.reading = reading
        self.full_lengths = split.lengths[rows]
        self.lengths = reading.lengths(self.full_lengths)

    def truncated_share(self, max_length: int) -> float | None:
        """Share of the rows that are longer than `max_length` tokens."""
        return float((self.full_lengths > max_length).mean())

    def unknown_share(self) -> float | None:
        """Share of the tokens that are unknown, before rows are cut."""
        return float(self.split.unknown[self.rows].sum() / self.full_lengths.sum())

    def tokens(self) -> Iterator[np.ndarray]:
        """The tokens of each row, uncut."""
        for row in self.rows:
            start, end = self.split.offsets[row : row + 2]
            yield self.split.tokens[start:end]

    def __getitem__(self, positions: list[int]) -> Batch:
        tokens, offsets, hashes = self.split.tokens, self.split.offsets, self.split.hashes
        rows = self.rows[positions]
        return pad(
            [self.reading(tokens[offsets[row] : offsets[row + 1]], hashes[row]) for row in rows],
            np.asarray(self.split.labels[rows]),
        )


class BucketBatchSampler(Sampler[list[int]]):
    """Batches of similar length in a random order that depends only on (seed, epoch).

    Rows are shuffled, cut into pools of `POOL_BATCHES` batches, sorted by length inside a pool and
    cut into batches, and the batches are shuffled: up to the longest row of each, about 1 % of the
    steps are padding, and every epoch has different batches. Rows, or tokens, are divided evenly
    among batches (`cuts`), so none is tiny.

    Under DDP each rank takes its share of the rows of every batch: `batch_size` is the size over
    all ranks, and every row is seen once.

    Args:
        lengths: (N,) tokens of each row.
        batch_size: rows in a batch, over all ranks; the mean number with `by_tokens`.
        shuffle: False uses a fixed order, longest first, for evaluation.
        seed: decides the order, together with the epoch.
        bucketed: False keeps shuffled batches of mixed lengths.
        by_tokens: balance tokens rather than rows.
        rank, world_size: this process among those that share the batches.

    Raises:
        UserError: a batch has fewer rows than there are processes.
    """

    POOL_BATCHES = 200

    def __init__(
        self,
        lengths: np.ndarray,
        batch_size: int,
        shuffle: bool,
        seed: int = 0,
        bucketed: bool = True,
        by_tokens: bool = False,
        rank: int = 0,
        world_size: int = 1,
    ) -> None:
        self.lengths = lengths
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.seed = seed
        self.pool_batches = self.POOL_BATCHES if bucketed else 1
        self.by_tokens = by_tokens
        self.rank = rank
        self.world_size = world_size
        self.epoch = 0
        if len(lengths) // len(self) < world_size:
            raise UserError(
                f"{len(lengths):,} texts in batches of {batch_size} are too few for {world_size} "
                "processes, each of which needs a text of every batch; use fewer "
                "trainer.devices, or a larger data.batch_size and data.eval_batch_size"
            )

    def set_epoch(self, epoch: int) -> None:
        """Choose the order of the next pass; Lightning calls this before every epoch."""
        self.epoch = epoch

    def __len__(self) -> int:
        return -(-len(self.lengths) // self.batch_size)

    def __iter__(self) -> Iterator[list[int]]:
        for batch in self.batches():
            yield batch[self.rank :: self.world_size].tolist()

    def batches(self) -> list[np.ndarray]:
        """All batches of this epoch, as positions, over all ranks."""
        if not self.shuffle:
            return self.cut(np.argsort(-self.lengths, kind="stable"))
        random = np.random.default_rng([self.seed, self.epoch])
        order = random.permutation(len(self.lengths))
        pools = np.array_split(order, -(-len(self) // self.pool_batches))
        ordered = [pool[np.argsort(self.lengths[pool], kind="stable")] for pool in pools]
        batches = self.cut(np.concatenate(ordered))
        random.shuffle(batches)
        return batches

    def cut(self, order: np.ndarray) -> list[np.ndarray]:
        """Cut positions, in order, into the batches of an epoch."""
        lengths = self.lengths[order]
        return np.split(order, cuts(lengths, len(self), self.by_tokens, self.world_size))


class PairedDataset(Dataset[BatchWithUnlabelled]):
    """A batch of labelled rows together with one of unlabelled rows.

    Args:
        labelled, unlabelled: rows, indexed by two lists of positions.
    """

    def __init__(self, labelled: TokenDataset, unlabelled: TokenDataset) -> None:
        self.labelled = labelled
        self.unlabelled = unlabelled

    def __getitem__(self, positions: tuple[list[int], list[int]]) -> BatchWithUnlabelled:
        of_labelled, of_unlabelled = positions
        return BatchWithUnlabelled(*self.labelled[of_labelled], self.unlabelled[of_unlabelled])


class PairedSampler(Sampler[tuple[list[int], list[int]]]):
    """Pairs of a labelled and an unlabelled batch, in an order that depends only on (seed, epoch).

    There is one pair for each labelled batch. Unlabelled texts start afresh in every epoch, and
    repeat in another order if there are too few of them.

    Args:
        labelled, unlabelled: the batches of both.
    """

    def __init__(self, labelled: BucketBatchSampler, unlabelled: BucketBatchSampler) -> None:
        self.labelled = labelled
        self.unlabelled = unlabelled

    def set_epoch(self, epoch: int) -> None:
        """Choose the order of the next pass."""
        self.labelled.set_epoch(epoch)

    def __len__(self) -> int:
        return len(self.labelled)

    def __iter__(self) -> Iterator[tuple[list[int], list[int]]]:
        return zip(self.labelled, self._enough(), strict=False)

    def _enough(self) -> Iterator[list[int]]:
        passes = -(-len(self.labelled) // len(self.unlabelled))  # that an epoch needs
        for number in range(passes):
            self.unlabelled.set_epoch(self.labelled.epoch * passes + number)
            yield from self.unlabelled
