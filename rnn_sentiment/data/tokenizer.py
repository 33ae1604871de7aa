"""Word-level vocabularies, learned with HF `tokenizers`."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING

from pydantic import PositiveInt, validate_call

if TYPE_CHECKING:
    from tokenizers import Tokenizer

PADDING, UNKNOWN = "<pad>", "<unk>"
PADDING_ID, UNKNOWN_ID = 0, 1


class WordTokenizer:
    """Lower-cased words of normalised text, the most frequent ones of the train part.

    Line breaks written as `<br />` become spaces, Unicode is normalised (NFKC) and words are runs
    of letters and digits with inner apostrophes; `!` and `?` stand as words of their own, all
    other punctuation is dropped.

    Args:
        vocabulary_size: entries at most, `<pad>` (0) and `<unk>` (1) included.
        min_frequency: a word that is rarer than this in the train part is unknown.
        lowercase: whether case is ignored.
    """

    @validate_call
    def __init__(
        self,
        vocabulary_size: PositiveInt = 30_000,
        min_frequency: PositiveInt = 1,
        lowercase: bool = True,
    ) -> None:
        if vocabulary_size < 3:
            raise ValueError(f"vocabulary_size={vocabulary_size} leaves no word; use at least 3")
        self.vocabulary_size = vocabulary_size
        self.min_frequency = min_frequency
        self.lowercase = lowercase

    @property
    def key(self) -> str:
        """Everything that decides the ids, as text: a token store is named by it."""
        return json.dumps({"kind": "word", "pattern": WORD_PATTERN, **vars(self)}, sort_keys=True)

    def train(self, texts: Iterable[list[str]]) -> Tokenizer:
        """Learn the vocabulary from batches of texts; ties are broken alphabetically."""
        from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers

        tokenizer = Tokenizer(models.WordLevel(unk_token=UNKNOWN))
        tokenizer.normalizer = normalizers.Sequence(
            [
                normalizers.Replace(Regex(r"<br\s*/?>"), " "),
                normalizers.NFKC(),
                normalizers.Replace("\u2019", "'"),
                *([normalizers.Lowercase()] if self.lowercase else []),
            ]
        )
        tokenizer.pre_tokenizer = pre_tokenizers.Split(
            Regex(WORD_PATTERN), behavior="removed", invert=True
        )
        tokenizer.train_from_iterator(
            texts,
            trainers.WordLevelTrainer(
                vocab_size=self.vocabulary_size,
                min_frequency=self.min_frequency,
                special_tokens=[PADDING, UNKNOWN],
                show_progress=False,
            ),
        )
        return tokenizer


WORD_PATTERN = r"[\p{L}\p{N}]+(?:'[\p{L}\p{N}]+)*|[!?]"
