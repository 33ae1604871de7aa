"""The words of a text, and the tokens of each that a model reads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from rnn_sentiment.data.reading import truncate
from rnn_sentiment.data.sources.text import without_surrogates
from rnn_sentiment.data.tokenizer import encode
from rnn_sentiment.inference.predictor import Predictor
from rnn_sentiment.storage import harmless


@dataclass(frozen=True)
class Words:
    """A text, split into the W words that a model reads.

    Attributes:
        text: the original text, except for characters that `harmless` replaces.
        spans: start and end of each word in the text.
        tokens: (T,) int64, in order; a word has one token, or several subwords.
        word_of: (T,) int64, the word that each token belongs to, from 0.
    """

    text: str
    spans: list[tuple[int, int]]
    tokens: np.ndarray
    word_of: np.ndarray

    def __len__(self) -> int:
        return len(self.spans)

    def names(self) -> list[str]:
        """The words as written in the text."""
        return [self.text[start:end] for start, end in self.spans]

    def pieces(self) -> Iterator[tuple[str, int | None]]:
        """Yield the text in pieces, each with the index of its word, or None between words."""
        at = 0
        for number, (start, end) in enumerate(self.spans):
            if at < start:
                yield self.text[at:start], None
            yield self.text[start:end], number
            at = end
        if at < len(self.text):
            yield self.text[at:], None

    def without(self, deleted: np.ndarray) -> list[np.ndarray]:
        """The remaining tokens, a row for each row of `deleted (N, W)` bool."""
        return [self.tokens[~row[self.word_of]] for row in deleted]


def read_words(predictor: Predictor, text: str) -> Words:
    """Find the words of a text that a model reads; the other words of a long text are left out."""
    text = without_surrogates(text)
    encode(predictor.tokenizer, [text])  # raises if the tokenizer cannot read the text
    encoding = predictor.tokenizer.encode(text, add_special_tokens=False)
    reading = predictor.reading
    kept = truncate(np.arange(len(encoding.ids)), reading.max_length, reading.truncation)
    all_spans, all_words = encoding.offsets, encoding.word_ids
    spans: list[tuple[int, int]] = []
    word_of, last = [], None
    for token in kept:
        start, end = all_spans[token]
        # A character can expand to several words, which then count as one.
        if spans and (all_words[token] == last or start < spans[-1][1]):
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((start, end))
        word_of.append(len(spans) - 1)
        last = all_words[token]
    tokens = np.asarray(encoding.ids, np.int64)[kept]
    return Words(harmless(text), spans, tokens, np.array(word_of, np.int64))
