"""How much each word of a text speaks for an answer, in log-odds, with captum."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import torch
from captum.attr import FeatureAblation, IntegratedGradients
from numpy.lib.stride_tricks import sliding_window_view
from torch import Tensor

from rnn_sentiment.data.batches import pad
from rnn_sentiment.inference.predictor import BATCH_SIZE, Predictor
from rnn_sentiment.inference.words import Words

DELETED = -1  # in the place of a token
AT_ONCE = 256  # texts with a word less that are in memory together
FEWEST_STEPS, MOST_STEPS = 32, 1024
TOLERANCE = 0.01  # of the sum, by which gradients may miss it


class Gradients(NamedTuple):
    """Integrated gradients of W words.

    Attributes:
        words: (W,) of each word, its share of n-grams included.
        ngrams: the part of all words' sum that n-grams have.
        total: what that sum should be: the log-odds of the text, less those of the baseline.
        steps: points on the way from the baseline to the text.
    """

    words: np.ndarray
    ngrams: float
    total: float
    steps: int

    @property
    def gap(self) -> float:
        """By how much the sum misses the total."""
        return float(self.words.sum() - self.total)


def occlusion(predictor: Predictor, words: Words, label: int) -> np.ndarray:
    """How much the log-odds of a class fall when a word is deleted: (W,).

    The text is read again without the word, so this counts whatever the network reads of it, also
    n-grams. Source: Zeiler & Fergus (2014), with words for patches.
    """

    def score(tokens: Tensor) -> Tensor:
        rows = [row[row != DELETED] for row in tokens.numpy()]
        logits = predictor.logits([predictor.read(row) for row in rows])
        return predictor.outcome.log_odds(logits, label)

    found = FeatureAblation(score).attribute(
        torch.from_numpy(words.tokens)[None],
        baselines=DELETED,
        feature_mask=torch.from_numpy(words.word_of)[None],
        perturbations_per_eval=AT_ONCE,
    )
    first = np.unique(words.word_of, return_index=True)[1]  # all tokens of a word have its value
    return np.asarray(found[0].numpy()[first], np.float64)


def integrated_gradients(predictor: Predictor, words: Words, label: int) -> Gradients:
    """Gradients of a class's log-odds at the embedding, integrated (Sundararajan et al., 2017).

    The way begins where every word has the zero vector, as one that word dropout has dropped, and
    every n-gram the value of one that says nothing. N-grams are looked up by the tokens, past the
    embedding: they are an input of their own, and what one contributes is divided equally among its
    words. So the sum over words is the difference of the log-odds between the two ends. There are
    as many steps as it takes to come within `TOLERANCE` of that.
    """
    network, read = predictor.network, predictor.read
    batch = pad([read(words.tokens)], np.zeros(1, np.int64))
    # Where the tokens are, which padding may stand before or behind.
    places = pad([read(np.arange(1, len(words.tokens) + 1))], np.zeros(1, np.int64)).tokens
    is_word = places > 0
    channel: Any = network.ngrams
    with torch.no_grad():
        embedded = network.embedding(batch.tokens)  # (1, T, E)
        ngrams = () if channel is None else channel.of_sizes(batch.tokens).unbind()
    inputs = (embedded, *ngrams)
    ends = embedded.masked_fill(is_word[:, :, None], 0), *map(torch.zeros_like, ngrams)

    def score(embedded: Tensor, *ngrams: Tensor) -> Tensor:
        added = torch.stack(ngrams).sum(0) if ngrams else None
        mask = batch.mask.expand(len(embedded), -1)
        logits = network.read(embedded, added, mask) / predictor.temperature
        return network.outcome.log_odds(logits, label)

    with torch.no_grad():
        total = float(score(*inputs) - score(*ends))
    steps = FEWEST_STEPS
    while True:
        found = IntegratedGradients(score).attribute(
            inputs, ends, n_steps=steps, internal_batch_size=BATCH_SIZE
        )
        of_steps = [part[0].sum(1).double().numpy() for part in found]  # (T,) each
        shares = of_steps[0].copy()
        for size, values in zip(getattr(channel, "sizes", ()), of_steps[1:], strict=True):
            shares += shared(values, is_word[0].numpy(), size)
        of_words = np.bincount(words.word_of, shares[is_word[0].numpy()])
        gradients = Gradients(of_words, float(sum(v.sum() for v in of_steps[1:])), total, steps)
        if abs(gradients.gap) <= TOLERANCE * max(abs(total), 1) or steps == MOST_STEPS:
            return gradients
        steps *= 2


def shared(values: np.ndarray, is_word: np.ndarray, size: int) -> np.ndarray:
    """Divide what n-grams contribute among their words.

    Args:
        values: (T,) of the n-gram that begins at each place.
        is_word: (T,) bool, False at padding.
        size: tokens of an n-gram.

    Returns:
        (T,) for each place.
    """
    within = sliding_window_view(np.pad(is_word, (0, size - 1)), size)  # (T, size)
    each = within * (values / np.maximum(within.sum(1), 1))[:, None]
    found = np.zeros(len(values) + size - 1)
    for i in range(size):
        found[i : i + len(values)] += each[:, i]
    return found[: len(values)]
