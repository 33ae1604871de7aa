"""Batches straight from the texts: a `datasets` stream, tokenised beside training, no token store.

A corpus may be sorted by label. So its rows are cut into `NUM_RANGES` ranges of neighbours, which
are read in turns, and a large buffer shuffles the result. Ranks share the ranges,
and worker processes the tokenising: every row is seen once an epoch, in an order of (seed, epoch).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice, pairwise
from pathlib import Path

import numpy as np
import torch
from torch.utils.data import DataLoader

from rnn_sentiment.data.batches import cuts, pad
from rnn_sentiment.data.chunks import CHUNK, Chunk, Chunks, Range, Tokenise, make_stream, read_range
from rnn_sentiment.data.corpus import Corpus
from rnn_sentiment.data.parquet import Shard, num_rows
from rnn_sentiment.data.reading import Reading
from rnn_sentiment.data.rows import ChosenRows, IndexedPart
from rnn_sentiment.data.tokenizer import encode
from rnn_sentiment.errors import UserError
from rnn_sentiment.types import Batch

NUM_RANGES = 32
TIMEOUT = 120.0  # seconds without a chunk, after which a worker is given up
POOL_BATCHES = 128  # batches whose rows are sorted by length together


class StreamedRows(ChosenRows):
    """Chosen rows of one part of a corpus, and what is known of them before they are read.

    Args:
        corpus: where the texts are.
        part: name of the part.
        index: labels and hashes of the part.
        rows: (N,) positions in the part.
    """

    def __init__(self, corpus: Corpus, part: str, index: IndexedPart, rows: np.ndarray) -> None:
        super().__init__(index, rows)
        self.corpus = corpus
        self.part = part
        self.full_lengths = np.zeros(len(rows), np.int64)  # 0 until a row is read
        self.unknown = np.zeros(len(rows), np.int64)

    def truncated_share(self, max_length: int) -> float | None:
        """Share of the rows that are longer than `max_length` tokens; None before all are read."""
        return float((self.full_lengths > max_length).mean()) if self.full_lengths.all() else None

    def unknown_share(self) -> float | None:
        """Share of the tokens that are unknown, before rows are cut; None before all are read."""
        return self.unknown.sum() / self.full_lengths.sum() if self.full_lengths.all() else None

    def tokens(self, tokenizer_file: Path) -> Iterator[np.ndarray]:
        """The tokens of each row, uncut."""
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(tokenizer_file))
        rows = chain.from_iterable(map(read_range, self.ranges(1)))
        while chunk := list(islice(rows, CHUNK)):
            yield from encode(tokenizer, [row["text"] for row in chunk])

    def ranges(self, count: int) -> list[Range]:
        """Cut the part into about `count` ranges of neighbours, each in one file."""
        files = [(file, num_rows(file)) for file in self.corpus.files(self.part)]
        size = -(-sum(rows for _, rows in files) // count)
        ranges, first = [], 0
        for file, total in files:
            for start in range(0, total, size):
                stop = min(start + size, total)
                low, high = np.searchsorted(self.rows, [first + start, first + stop])
                ranges.append(Range(Shard(file, start, stop), self.rows[low:high], first))
            first += total
        return ranges


class StreamLoader:
    """Batches of one pass over streamed rows; every pass has an order of (seed, epoch).

    Args:
        rows: the rows to read.
        tokenizer_file: the vocabulary as HF `tokenizers` saves it.
        batch_size: rows in a batch, over all ranks; the mean number with `by_tokens`.
        reading: which tokens of each row are read.
        shuffle: False reads in a fixed order, for evaluation.
        seed: decides the order, together with the epoch.
        bucketed: False keeps batches of mixed lengths.
        by_tokens: the batches of a pool have equally many tokens rather than rows.
        rank, world_size: this process among those that share the rows.
        num_workers: processes that read and tokenise; 0 does it in this one.

    Attributes:
        order: the batches of the last pass, as positions among the rows.
    """

    def __init__(
        self,
        rows: StreamedRows,
        tokenizer_file: Path,
        batch_size: int,
        reading: Reading,
        shuffle: bool,
        seed: int = 0,
        bucketed: bool = True,
        by_tokens: bool = False,
        rank: int = 0,
        world_size: int = 1,
        num_workers: int = 0,
    ) -> None:
        self.rows = rows
        self.seed = seed
        self.epoch = 0
        self.shuffle = shuffle
        self.pool_batches = POOL_BATCHES if bucketed else 1
        self.by_tokens = by_tokens
        self.rank = rank
        self.num_batches = -(-len(rows) // batch_size)
        self.order: list[np.ndarray] = []
        ranges = rows.ranges(NUM_RANGES * world_size)[rank::world_size]
        self.num_rows = sum(len(r.wanted) for r in ranges)
        if self.num_rows < self.num_batches:
            raise UserError(
                f"data.streaming=true: {len(rows):,} rows are too few for {world_size} processes "
                f"with batches of {batch_size}; use data.streaming=false"
            )
        self.stream = make_stream(ranges, shuffle, seed)
        self.chunks = DataLoader(
            Chunks(self.stream),
            batch_size=None,
            num_workers=num_workers,
            collate_fn=Tokenise(tokenizer_file, reading),  # type: ignore[arg-type]
            # Forking would copy the threads' locks of torch and tokenizers.
            multiprocessing_context="forkserver" if num_workers else None,
            persistent_workers=num_workers > 0,
            prefetch_factor=8 if num_workers else None,
            timeout=TIMEOUT if num_workers else 0,
            generator=torch.Generator(),  # else it draws from torch's
        )

    def __len__(self) -> int:
        return self.num_batches

    def set_epoch(self, epoch: int) -> None:
        """Choose the order of the next pass."""
        self.epoch = epoch
        self.stream.set_epoch(epoch)

    def __iter__(self) -> Iterator[Batch]:
        random = np.random.default_rng([self.seed, self.epoch, self.rank])
        sizes = [len(b) for b in np.array_split(np.empty(self.num_rows), self.num_batches)]
        self.order = []
        rows: list[tuple[np.ndarray, int, int]] = []  # tokens, label, position among the rows
        for chunk in self.chunks:
            rows += self.unpack(chunk)
            while sizes and len(rows) >= (need := sum(sizes[: self.pool_batches])):
                yield from self.cut(rows[:need], len(sizes[: self.pool_batches]), random)
                rows, sizes = rows[need:], sizes[self.pool_batches :]
        if sizes or rows:
            raise UserError(f"{self.rows.corpus.folder} has changed while it was read")

    def unpack(self, chunk: Chunk) -> list[tuple[np.ndarray, int, int]]:
        """Unpack the rows of a chunk, and record their lengths and unknown tokens."""
        places = np.searchsorted(self.rows.rows, chunk.positions)
        self.rows.full_lengths[places] = chunk.full_lengths
        self.rows.unknown[places] = chunk.unknown
        tokens = np.split(chunk.tokens, np.cumsum(chunk.lengths)[:-1])
        return list(zip(tokens, chunk.labels.tolist(), places.tolist(), strict=True))

    def cut(
        self,
        pool: list[tuple[np.ndarray, int, int]],
        num_batches: int,
        random: np.random.Generator,
    ) -> Iterator[Batch]:
        """Sort a pool by length and cut it into batches."""
        pool = sorted(pool, key=lambda row: len(row[0]))
        lengths = np.array([len(row[0]) for row in pool])
        ends = [0, *cuts(lengths, num_batches, self.by_tokens), len(pool)]
        batches = [pool[start:end] for start, end in pairwise(ends)]
        if self.shuffle:
            batches = [batches[i] for i in random.permutation(len(batches))]
        for batch in batches:
            tokens, labels, places = zip(*batch, strict=True)
            self.order.append(np.array(places))
            yield pad(list(tokens), np.array(labels))
