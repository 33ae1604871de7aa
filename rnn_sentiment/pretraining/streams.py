"""Texts read in several parallel streams, window by window."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset, Sampler

from rnn_sentiment.data.rows import TokenSplit
from rnn_sentiment.data.tokenizer import PADDING_ID
from rnn_sentiment.errors import UserError

END_ID = PADDING_ID  # follows a text's last token; like padding, it is not a word of any text


class Window(NamedTuple):
    """The next tokens of every stream, each of at most one text.

    Args:
        tokens: (B, T) int64, padded.
        targets: (B, T) int64, the tokens that follow them, and `END_ID` at the end of a text.
        lengths: (B,) int64, number of tokens in each row; zero if a stream has ended.
        begins: (B,) bool, whether a row begins its text.
    """

    tokens: Tensor
    targets: Tensor
    lengths: Tensor
    begins: Tensor


class Texts:
    """Texts of one or more parts.

    Args:
        parts: tokenised parts, with the positions, (N,), of the texts to read; empty texts are
            skipped.
        backward: read each text from its last token to its first.
    """

    def __init__(self, parts: Sequence[tuple[TokenSplit, np.ndarray]], backward: bool) -> None:
        parts = [(split, rows[split.lengths[rows] > 0]) for split, rows in parts]
        self.tokens = [split.tokens for split, _ in parts]
        self.parts = np.concatenate([np.full(len(rows), n) for n, (_, rows) in enumerate(parts)])
        self.starts = np.concatenate([split.offsets[rows] for split, rows in parts])
        self.lengths = np.concatenate([split.lengths[rows] for split, rows in parts])
        self.backward = backward

    def counts(self, vocabulary_size: int) -> np.ndarray:
        """How often each id occurs, (V,) int64, including ends of texts."""
        found = np.zeros(vocabulary_size, np.int64)
        found[END_ID] = len(self.lengths)
        for row in range(len(self.lengths)):
            np.add.at(found, self[row], 1)
        return found

    def __getitem__(self, text: int) -> np.ndarray:
        """The tokens of a text in the order in which they are read."""
        start, length = self.starts[text], self.lengths[text]
        tokens: np.ndarray = self.tokens[self.parts[text]][start : start + length]
        return tokens[::-1] if self.backward else tokens

    def num_windows(self, num_steps: int) -> np.ndarray:
        """Number of windows with `num_steps` steps that each text takes, (N,), rounded up."""
        windows: np.ndarray = -(-self.lengths // num_steps)
        return windows


class Stream(NamedTuple):
    """The texts that one stream reads in sequence, and the windows in which they begin."""

    texts: list[int]
    begins: list[int]


def streams_of(order: np.ndarray, num_windows: np.ndarray, num_streams: int) -> list[Stream]:
    """Assign each text, in order, to the stream that ends first.

    Args:
        order: (N,) positions of the texts.
        num_windows: (N,) number of windows that each text takes.
        num_streams: number of parallel streams.
    """
    # The last texts are assigned longest first, so that all streams end at about the same time.
    last = order[-2 * num_streams :]
    order = np.r_[order[: -2 * num_streams], last[np.argsort(-num_windows[last], kind="stable")]]
    streams = [Stream([], []) for _ in range(num_streams)]
    ends = [(0, number) for number in range(num_streams)]
    for text in order.tolist():
        end, number = ends[0]
        streams[number].texts.append(text)
        streams[number].begins.append(end)
        heapq.heapreplace(ends, (end + int(num_windows[text]), number))
    return streams


class Windows(Dataset[Window]):
    """Windows of parallel streams, indexed by (epoch, position).

    Every text begins a new window. In training, every epoch has the same number of windows; texts
    that would leave the last windows sparse are left out.

    Args:
        texts: the texts to read.
        num_streams: number of streams B, over all processes.
        num_steps: number of tokens T in a window; fewer if no text has that many left.
        seed: decides the order of the texts, with the epoch; None reads all texts in order.
        rank, world_size: this process among those that share the streams.

    Raises:
        UserError: the texts are too short for so many streams, or a process would have none.
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
        self.num_windows = texts.num_windows(num_steps)
        if self.num_windows.sum() < num_streams:
            raise UserError(
                f"{texts.lengths.sum():,} tokens are too few for data.batch_size={num_streams} "
                "streams; make it smaller, or give more texts"
            )
        if num_streams < world_size:
            raise UserError(
                f"{texts.lengths.sum():,} tokens make {num_streams} streams, too few for "
                f"{world_size} processes; use fewer trainer.devices, or give more texts"
            )
        self.texts = texts
        self.num_streams = num_streams
        self.num_steps = num_steps
        self.seed = seed
        self.own = slice(rank, None, world_size)
        self.epoch = -1
        self.places = range(int(self.num_windows.sum()) // num_streams)
        if seed is None:
            self._arrange(0)
            ends = (s.begins[-1] + self.num_windows[s.texts[-1]] for s in self.streams if s.texts)
            self.places = range(int(max(ends)))

    def _arrange(self, epoch: int) -> None:
        """Assign the texts to streams, in the order of an epoch."""
        if epoch == self.epoch:
            return
        order = np.arange(len(self.num_windows))
        if self.seed is not None:
            order = np.random.default_rng((self.seed, epoch)).permutation(order)
        self.streams = streams_of(order, self.num_windows, self.num_streams)
        self.epoch = epoch

    def __getitem__(self, index: tuple[int, int]) -> Window:
        epoch, place = index
        self._arrange(0 if self.seed is None else epoch)
        rows, begins = zip(*(self._row(s, place) for s in self.streams[self.own]), strict=True)
        lengths = [max(0, len(row) - 1) for row in rows]
        read = np.full((len(rows), max(1, *lengths) + 1), PADDING_ID)
        for number, row in enumerate(rows):
            read[number, : len(row)] = row
        tokens, targets = (
            torch.from_numpy(read[:, :-1].copy()),
            torch.from_numpy(read[:, 1:].copy()),
        )
        return Window(tokens, targets, torch.tensor(lengths), torch.tensor(begins))

    def _row(self, stream: Stream, place: int) -> tuple[np.ndarray, bool]:
        """The tokens of a window plus the next one, and whether a text begins there."""
        number = int(np.searchsorted(stream.begins, place, side="right")) - 1
        if number < 0:
            return np.empty(0, np.int64), False
        text, window = stream.texts[number], place - stream.begins[number]
        start = window * self.num_steps
        tokens = self.texts[text][start : start + self.num_steps + 1]
        if len(tokens) and start + self.num_steps >= self.texts.lengths[text]:
            tokens = np.append(tokens, END_ID)
        return tokens, window == 0


class InOrder(Sampler[tuple[int, int]]):
    """The windows of an epoch from first to last.

    Args:
        windows: the windows to index.
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
