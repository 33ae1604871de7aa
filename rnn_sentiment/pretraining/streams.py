"""Texts behind one another in a few long streams, and the windows that are read of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset, Sampler

from rnn_sentiment.data.rows import TokenSplit
from rnn_sentiment.data.tokenizer import PADDING_ID
from rnn_sentiment.errors import UserError

BOUNDARY_ID = PADDING_ID  # stands behind every text; as padding it is no word of any text


class Window(NamedTuple):
    """A piece of every stream: `tokens (B, T)` and the tokens that follow them, int64."""

    tokens: Tensor
    targets: Tensor


class Texts:
    """Texts of one or more parts, and all of them behind one another in any order.

    Args:
        parts: tokenised parts with the positions, (N,), of the texts that are read.
        backward: read each text from its last token to its first.
    """

    def __init__(self, parts: Sequence[tuple[TokenSplit, np.ndarray]], backward: bool) -> None:
        self.tokens = [split.tokens for split, _ in parts]
        self.parts = np.concatenate([np.full(len(rows), n) for n, (_, rows) in enumerate(parts)])
        self.starts = np.concatenate([split.offsets[rows] for split, rows in parts])
        self.lengths = np.concatenate([split.lengths[rows] for split, rows in parts])
        self.backward = backward

    @property
    def num_tokens(self) -> int:
        """Tokens of all texts, with a boundary behind each."""
        return int(self.lengths.sum()) + len(self.lengths)

    def counts(self, vocabulary_size: int) -> np.ndarray:
        """How often each id occurs, (V,) int64, boundaries included."""
        found = np.zeros(vocabulary_size, np.int64)
        found[BOUNDARY_ID] = len(self.lengths)
        for row in range(len(self.lengths)):
            np.add.at(found, self[row], 1)
        return found

    def __getitem__(self, text: int) -> np.ndarray:
        """The tokens of a text in the order in which they are read."""
        start, length = self.starts[text], self.lengths[text]
        tokens: np.ndarray = self.tokens[self.parts[text]][start : start + length]
        return tokens[::-1] if self.backward else tokens

    def ordered(self, seed: Sequence[int] | None) -> Stream:
        """All texts in a random order that `seed` decides, or in that of the parts."""
        order = np.arange(len(self.lengths))
        return Stream(
            self, order if seed is None else np.random.default_rng(seed).permutation(order)
        )


class Stream:
    """Texts behind one another, each with a boundary behind it; no copy of them is made.

    Args:
        texts: what is read.
        order: (N,) positions of the texts.
    """

    def __init__(self, texts: Texts, order: np.ndarray) -> None:
        self.texts = texts
        self.order = order
        self.ends = np.cumsum(texts.lengths[order] + 1)

    def __getitem__(self, where: slice) -> np.ndarray:
        """The tokens from `where.start` to `where.stop`, int64."""
        found = np.empty(where.stop - where.start, np.int64)
        place = where.start
        number = int(np.searchsorted(self.ends, place, side="right"))
        while place < where.stop:
            text = self.order[number]
            end = int(self.ends[number])  # behind the boundary
            skipped = place - (end - 1 - int(self.texts.lengths[text]))
            stop = min(end, where.stop)
            tokens = self.texts[text][skipped : skipped + stop - place]
            found[place - where.start : place - where.start + len(tokens)] = tokens
            if stop == end:
                found[end - 1 - where.start] = BOUNDARY_ID
            place, number = stop, number + 1
        return found


class Windows(Dataset[Window]):
    """Windows of streams that are read side by side; indexed by (epoch, place).

    Args:
        texts: what is read, cut into streams of equal length; less than a token a stream is lost.
        num_streams: streams B, over all processes.
        num_steps: tokens T of a window.
        seed: with the epoch, decides the order of the texts; None leaves it as it is.
        rank, world_size: this process among those that share the streams.

    Raises:
        UserError: the texts are too short for so many streams.
    """

    def __init__(
        self,
        texts: Texts,
        num_streams: int,
        num_steps: int,
        seed: int | None,
        rank: int = 0,
        world_size: int = 1,
    ) -> None:
        self.length = texts.num_tokens // num_streams  # of a stream
        if self.length < 2:
            raise UserError(
                f"{texts.num_tokens:,} tokens are too few for data.batch_size={num_streams} "
                "streams; make it smaller, or give more texts"
            )
        self.texts = texts
        self.num_steps = num_steps
        self.seed = seed
        self.streams = np.arange(rank, num_streams, world_size)
        self.places = range(0, self.length - 1, num_steps)
        self.epoch = -1

    def __getitem__(self, index: tuple[int, int]) -> Window:
        epoch, place = index
        if epoch != self.epoch:
            self.stream = self.texts.ordered(None if self.seed is None else (self.seed, epoch))
            self.epoch = epoch
        stop = min(place + self.num_steps + 1, self.length)
        rows = [self.stream[n * self.length + place : n * self.length + stop] for n in self.streams]
        read = torch.from_numpy(np.stack(rows))
        return Window(read[:, :-1].contiguous(), read[:, 1:].contiguous())


class InOrder(Sampler[tuple[int, int]]):
    """The windows of an epoch from first to last.

    Args:
        windows: what is indexed.
    """

    def __init__(self, windows: Windows) -> None:
        self.windows = windows
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Choose the order of the texts; Lightning calls this before every epoch."""
        self.epoch = epoch

    def __len__(self) -> int:
        return len(self.windows.places)

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return ((self.epoch, place) for place in self.windows.places)
