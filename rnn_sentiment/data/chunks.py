"""Rows of a stream, read and tokenised in chunks by worker processes."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from torch.utils.data import IterableDataset, get_worker_info

from rnn_sentiment.data.parquet import Shard, read_columns
from rnn_sentiment.data.reading import Reading
from rnn_sentiment.data.rows import text_hash
from rnn_sentiment.data.tokenizer import UNKNOWN_ID, encode

BUFFER = 10_000  # rows that the stream is shuffled through
CHUNK = 256  # rows that are tokenised at once


class Range(NamedTuple):
    """The selected rows of a file, and the number of the file's first row in its part."""

    shard: Shard
    wanted: np.ndarray  # positions in the part, ascending
    first: int


class Chunk(NamedTuple):
    """Tokenised rows on their way from a worker: `tokens` of all rows behind one another."""

    tokens: np.ndarray
    lengths: np.ndarray
    full_lengths: np.ndarray
    unknown: np.ndarray
    labels: np.ndarray
    positions: np.ndarray


class Tokenise:
    """Tokenise rows of the stream into a `Chunk`, in any process."""

    def __init__(self, tokenizer_file: Path, reading: Reading) -> None:
        self.tokenizer_file = tokenizer_file
        self.reading = reading
        self.tokenizer: Any = None

    def __call__(self, rows: dict[str, list[Any]]) -> Chunk:
        if self.tokenizer is None:
            from tokenizers import Tokenizer

            self.tokenizer = Tokenizer.from_file(str(self.tokenizer_file))
        texts = rows["text"]
        full = encode(self.tokenizer, texts)
        read = [self.reading(t, text_hash(text)) for t, text in zip(full, texts, strict=True)]
        return Chunk(
            np.concatenate(read).astype(np.int32),
            np.array([len(tokens) for tokens in read]),
            np.array([len(tokens) for tokens in full]),
            np.array([(tokens == UNKNOWN_ID).sum() for tokens in full]),
            np.array(rows["label"]),
            np.array(rows["position"]),
        )


class Chunks(IterableDataset[dict[str, list[Any]]]):
    """The rows of a stream in chunks, in an order that does not depend on who tokenises them.

    Each worker reads all rows, which costs little, and passes on its share of the chunks.

    Args:
        stream: from `make_stream`.
    """

    def __init__(self, stream: Any) -> None:
        self.stream = stream

    def __iter__(self) -> Iterator[dict[str, list[Any]]]:
        worker = get_worker_info()
        first, step = (worker.id, worker.num_workers) if worker else (0, 1)
        return islice(self.stream.iter(CHUNK), first, None, step)


def make_stream(ranges: list[Range], shuffle: bool, seed: int) -> Any:
    """A `datasets.IterableDataset` of the selected rows of some ranges."""
    import datasets

    stream = datasets.IterableDataset.from_generator(read_in_turns, gen_kwargs={"ranges": ranges})
    return stream.shuffle(seed=seed, buffer_size=BUFFER) if shuffle else stream


def read_in_turns(ranges: list[Range]) -> Iterator[dict[str, Any]]:
    """One row of each range after another, until all are read."""
    readers = [read_range(wanted) for wanted in ranges]
    while readers:
        left = []
        for reader in readers:
            if (row := next(reader, None)) is not None:
                left.append(reader)
                yield row
        readers = left


def read_range(wanted: Range) -> Iterator[dict[str, Any]]:
    """The selected rows of a range with their positions in the part."""
    for texts, labels, row in read_columns(wanted.shard):
        first = wanted.first + row
        low, high = np.searchsorted(wanted.wanted, [first, first + len(texts)])
        for position in wanted.wanted[low:high].tolist():
            offset = position - first
            yield {"text": texts[offset], "label": labels[offset], "position": position}
