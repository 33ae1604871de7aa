"""Attributions: how much each word of a text contributes to an answer, in log-odds, with captum."""

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

DELETED = -1  # in place of a token
AT_ONCE = 256  # texts with one word deleted that are in memory together
FEWEST_STEPS, MOST_STEPS = 32, 1024
TOLERANCE = 0.01  # largest relative error of the gradients' sum


class Gradients(NamedTuple):
    """Integrated gradients of W words.

    Attributes:
        words: (W,) contribution of each word, including its share of n-grams.
        ngrams: contribution of n-grams to the sum over all words.
        total: the exact value of that sum: log-odds of the text minus those of the baseline.
        steps: number of points on the path from the baseline to the text.
    """

    words: np.ndarray
    ngrams: float
    total: float
    steps: int

    @property
    def gap(self) -> float:
        """The difference between the sum and the total."""
        return float(self.words.sum() - self.total)


def occlusion(predictor: Predictor, words: Words, label: int) -> np.ndarray:
    """How much the log-odds of a class drop when a word is deleted: (W,).

    The text is read again without the word, so this includes everything that the network reads of
    it, such as n-grams. Source: Zeiler & Fergus (2014), with words in place of patches.
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
    first = np.unique(words.word_of, return_index=True)[1]  # all tokens of a word share its value
    return np.asarray(found[0].numpy()[first], np.float64)


def integrated_gradients(predictor: Predictor, words: Words, label: int) -> Gradients:
    """Gradients of a class's log-odds at the embedding, integrated (Sundararajan et al., 2017).

    In the baseline, every word has the zero vector, as after word dropout, and every n-gram has a
    neutral value. N-grams are looked up from the tokens, independently of the embedding, so they
    are a separate input, and the contribution of each one is divided equally among its words. The
    sum over words is then the difference of the log-odds between text and baseline. The number of
    steps grows until the sum is within `TOLERANCE` of that.
    """
    network, read = predictor.network, predictor.read
    batch = pad([read(words.tokens)], np.zeros(1, np.int64))
    # Positions of the tokens, which padding may precede or follow.
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
    """Divide the contributions of n-grams among their words.

    Args:
        values: (T,) contribution of the n-gram that begins at each position.
        is_word: (T,) bool, False at padding.
        size: number of tokens in an n-gram.

    Returns:
        (T,) contribution at each position.
    """
    within = sliding_window_view(np.pad(is_word, (0, size - 1)), size)  # (T, size)
    each = within * (values / np.maximum(within.sum(1), 1))[:, None]
    found = np.zeros(len(values) + size - 1)
    for i in range(size):
        found[i : i + len(values)] += each[:, i]
    return found[: len(values)]
