"""What a tokenizer leaves out of texts, and where its words are whole sentences."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape

from rnn_sentiment.data import ReviewDataModule, SubwordTokenizer
from rnn_sentiment.data.tokenizer import load_tokenizer
from rnn_sentiment.percentages import percentage

if TYPE_CHECKING:
    import tokenizers

SAMPLE = 2000  # texts
SHOWN = 5  # characters of each kind
KINDS = {"P": "punctuation", "S": "symbols and emoji", "M": "accents and vowel signs"}
UNSPACED = {  # how the names of letters begin that are written without spaces between words
    "CJK": "Chinese or Japanese", "HIRAGANA": "Japanese", "KATAKANA": "Japanese",
    "THAI": "Thai", "LAO": "Lao", "KHMER": "Khmer", "MYANMAR": "Burmese",
}  # fmt: skip


@dataclass(frozen=True)
class Dropped:
    """Characters of some texts, spaces left aside.

    Args:
        total: how many there are.
        dropped: those that are in no token, by character.
        unspaced: letters of writing without spaces, by language.
    """

    total: int
    dropped: Counter[str]
    unspaced: Counter[str]

    @property
    def lines(self) -> list[str]:
        """The shares that are dropped, by kind, with the most frequent characters."""
        kinds: dict[str, Counter[str]] = {}
        for character, count in self.dropped.items():
            kind = KINDS.get(unicodedata.category(character)[0], "other characters")
            kinds.setdefault(kind, Counter())[character] = count
        return [
            f"{percentage(counts.total() / self.total, 2)} {kind} "
            f"({' '.join(c if c.isprintable() else f'U+{ord(c):04X}' for c, _ in some)})"
            for kind, counts in sorted(kinds.items(), key=lambda item: -item[1].total())
            for some in [counts.most_common(SHOWN)]
        ]

    @property
    def language(self) -> str | None:
        """The language without spaces that a third of the characters are in, if there is one."""
        if self.unspaced.total() * 3 < self.total:
            return None
        return self.unspaced.most_common(1)[0][0]


def find_dropped(tokenizer: tokenizers.Tokenizer, texts: Iterable[str]) -> Dropped:
    """Count the characters of texts, as the tokenizer normalises them, that no token holds."""
    dropped: Counter[str] = Counter()
    letters: Counter[str] = Counter()
    for text in texts:
        plain = tokenizer.normalizer.normalize_str(text)
        place = 0
        for _, (start, end) in tokenizer.pre_tokenizer.pre_tokenize_str(plain):
            dropped.update(plain[place:start])
            letters.update(plain[start:end])
            place = max(place, end)
        dropped.update(plain[place:])
    for character in [c for c in dropped if c.isspace()]:
        del dropped[character]
    total = dropped.total() + letters.total()
    unspaced: Counter[str] = Counter()
    for character, count in letters.items():
        script = unicodedata.name(character, "").split(" ")[0]
        if script in UNSPACED:
            unspaced[UNSPACED[script]] += count
    return Dropped(max(total, 1), dropped, unspaced)


def print_dropped(console: Console, data: ReviewDataModule) -> None:
    """Say what the tokenizer drops of the first training texts, where these can be read."""
    if data.corpus is None or data.store is None:
        return
    texts = chain.from_iterable(batch for batch, _ in data.corpus.read("train"))
    found = find_dropped(load_tokenizer(data.store.tokenizer_file), islice(texts, SAMPLE))
    if found.dropped:
        console.print(f"characters that no token holds: {escape(', '.join(found.lines))}")
    if (language := found.language) and not isinstance(data.tokenizer, SubwordTokenizer):
        console.print(
            f"[yellow]{language} is written without spaces[/]: a token is a whole phrase, and most "
            "phrases of new texts are unknown; tokenizer=unigram learns shorter pieces"
        )
