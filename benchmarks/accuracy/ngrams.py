"""Which n-grams a text has."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import chain

import numpy as np
from scipy import sparse

WORD = re.compile(r"[\w']+|[^\w\s]")
LINE_BREAK = re.compile(r"<br\s*/?>")


class Ngrams:
    """The 1- to `order`-grams of some texts, as the columns of a matrix.

    Words are lower-case, and every punctuation mark is a word of its own.

    Args:
        texts: those that the columns are made from; others have some of them.
        order: the longest n-grams.
    """

    def __init__(self, texts: Sequence[list[str]], order: int) -> None:
        self.order = order
        self.ids: dict[str, int] = {}  # from 1
        for words in texts:
            for word in words:
                self.ids.setdefault(word, len(self.ids) + 1)
        self.keys = np.unique(self.occurrences(texts)[1])

    def __call__(self, texts: Sequence[list[str]]) -> sparse.csr_array:
        """Which columns each text has: `(texts, columns)` of 0 and 1."""
        rows, keys = self.occurrences(texts)
        columns = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        known = self.keys[columns] == keys
        shape = (len(texts), len(self.keys))
        ones = np.ones(int(known.sum()))
        found = sparse.csr_array((ones, (rows[known], columns[known])), shape)
        found.data[:] = 1
        return found

    def occurrences(self, texts: Sequence[list[str]]) -> tuple[np.ndarray, np.ndarray]:
        """Every n-gram as the number of its text and a key; one with a new word has no column."""
        new, base = len(self.ids) + 1, len(self.ids) + 2
        lengths = [len(words) for words in texts]
        ids = np.fromiter((self.ids.get(w, new) for w in chain.from_iterable(texts)), np.int64)
        rows = np.repeat(np.arange(len(lengths)), lengths)
        keys, found = ids, [(rows, ids)]
        for step in range(1, self.order):
            keys = keys[:-1] * base + ids[step:]
            inside = rows[: len(keys)] == rows[step:]
            found.append((rows[: len(keys)][inside], keys[inside]))
        return np.concatenate([r for r, _ in found]), np.concatenate([k for _, k in found])


def words(text: str) -> list[str]:
    """The words and punctuation marks of a text, in lower case."""
    return WORD.findall(LINE_BREAK.sub(" ", text).lower())
