"""Characters that a tokenizer drops, and languages that it cannot split into words."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape

from rnn_sentiment.data import ReviewDataModule, SubwordTokenizer, WordTokenizer
from rnn_sentiment.data.tokenizer import load_tokenizer
from rnn_sentiment.percentages import percentage

if TYPE_CHECKING:
    import tokenizers

SAMPLE = 2000  # texts
SHOWN = 5  # characters of each kind
KINDS = {"P": "punctuation", "S": "symbols and emoji", "M": "accents and vowel signs"}
UNSPACED = {  # prefixes of letter names in scripts without spaces between words
    "CJK": "Chinese or Japanese", "HIRAGANA": "Japanese", "KATAKANA": "Japanese",
    "THAI": "Thai", "LAO": "Lao", "KHMER": "Khmer", "MYANMAR": "Burmese",
}  # fmt: skip


@dataclass(frozen=True)
class Dropped:
    """Counts of characters in some texts, without spaces.

    Args:
        total: number of characters.
        dropped: characters that are in no token, with their counts.
        unspaced: number of letters in scripts without spaces, by language.
    """

    total: int
    dropped: Counter[str]
    unspaced: Counter[str]

    @property
    def lines(self) -> list[str]:
        """The dropped shares by kind, with the most frequent characters."""
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
    def has_marks(self) -> bool:
        """Whether punctuation or symbols are dropped."""
        return any(unicodedata.category(character)[0] in "PS" for character in self.dropped)

    @property
    def language(self) -> str | None:
        """The language without spaces that makes up a third of the characters, if any."""
        if self.unspaced.total() * 3 < self.total:
            return None
        return self.unspaced.most_common(1)[0][0]


def find_dropped(tokenizer: tokenizers.Tokenizer, texts: Iterable[str]) -> Dropped:
    """Count the characters of texts, after normalisation, that are in no token."""
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
    """Print what the tokenizer drops from the first training texts, if they can be read."""
    if data.corpus is None or data.store is None:
        return
    texts = chain.from_iterable(batch for batch, _ in data.corpus.read("train"))
    found = find_dropped(load_tokenizer(data.store.tokenizer_file), islice(texts, SAMPLE))
    if found.dropped:
        learned = isinstance(data.tokenizer, WordTokenizer | SubwordTokenizer)
        hint = "; tokenizer.punctuation=true keeps marks" if learned and found.has_marks else ""
        console.print(f"characters that no token holds: {escape(', '.join(found.lines))}{hint}")
    if (language := found.language) and not isinstance(data.tokenizer, SubwordTokenizer):
        console.print(
            f"[yellow]{language} is written without spaces[/]: a token is a whole phrase, and most "
            "phrases of new texts are unknown; tokenizer=unigram learns shorter pieces"
        )
