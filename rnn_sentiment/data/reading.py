"""What a model reads of a review's tokens."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import NonNegativeInt, PositiveInt
from pydantic.dataclasses import dataclass

from rnn_sentiment.data.tokenizer import PADDING_ID


@dataclass(frozen=True)
class Reading:
    """From the tokens of a text to those that are read.

    Args:
        max_length: tokens of a review that are read.
        truncation: which tokens of a longer review those are.
        masked: False fills every review to `max_length` with padding that the encoder reads like
            words, as models without masks do.
        padding: whether padding then stands behind the words (`post`) or in front of them (`pre`);
            under a mask it is never read, wherever it stands.
        shuffle_words: read the words of each review in a random order, the same in every epoch,
            which (seed, text) decide; in all parts.
        seed: of that order.
    """

    max_length: PositiveInt = 500
    truncation: Literal["head", "tail", "head_tail"] = "head_tail"
    masked: bool = True
    padding: Literal["post", "pre"] = "post"
    shuffle_words: bool = False
    seed: NonNegativeInt = 1

    def __call__(self, tokens: np.ndarray, text_hash: int = 0) -> np.ndarray:
        """Turn the tokens of a text into those that are read; only shuffling needs its hash."""
        tokens = truncate(tokens, self.max_length, self.truncation)
        if self.shuffle_words:
            tokens = np.random.default_rng([self.seed, int(text_hash)]).permutation(tokens)
        if self.masked:
            return tokens
        missing = self.max_length - len(tokens)
        around = (missing, 0) if self.padding == "pre" else (0, missing)
        return np.pad(tokens, around, constant_values=PADDING_ID)

    def lengths(self, full_lengths: np.ndarray) -> np.ndarray:
        """Tokens, (N,) int64, that are read of rows with `full_lengths (N,)` tokens."""
        cut = np.minimum(full_lengths, self.max_length)
        return cut if self.masked else np.full_like(cut, self.max_length)


def truncate(tokens: np.ndarray, max_length: int, how: str) -> np.ndarray:
    """Cut a row to `max_length` tokens: its head, its tail, or a quarter head and the rest tail.

    The quarter follows Sun et al. (2019), who found 128 + 382 of 510 tokens best on IMDB.
    """
    if len(tokens) <= max_length:
        return tokens
    if how == "head":
        return tokens[:max_length]
    if how == "tail":
        return tokens[-max_length:]
    head = max_length // 4
    return np.concatenate([tokens[:head], tokens[len(tokens) - (max_length - head) :]])
