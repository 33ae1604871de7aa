"""Vocabularies of words or subwords, learned with HF `tokenizers`."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

import numpy as np
from pydantic import PositiveInt, validate_call

from rnn_sentiment.errors import UserError
from rnn_sentiment.storage import read_file

if TYPE_CHECKING:
    import tokenizers

PADDING, UNKNOWN = "<pad>", "<unk>"
PADDING_ID, UNKNOWN_ID = 0, 1
WORD_START = "▁"  # marks a subword that begins a word
ALPHABET = 200  # characters that start a subword vocabulary; rarer ones are unknown
LINE_BREAK = r"<br\s*/?>"
WORD_PATTERN = r"[\p{L}\p{N}]+(?:'[\p{L}\p{N}]+)*|[!?]"
PUNCTUATED_PATTERN = r"[\p{L}\p{N}]+(?:'[\p{L}\p{N}]+)*|[\p{P}\p{S}]"


@runtime_checkable
class Tokenizer(Protocol):
    """Settings from which a vocabulary is learned."""

    @property
    def key(self) -> str:
        """Everything that decides the ids, as text; it names the token store."""
        ...

    def train(self, texts: Iterable[list[str]]) -> tokenizers.Tokenizer:
        """Learn the vocabulary from batches of texts."""
        ...


class WordTokenizer:
    """Words of normalised text, the most frequent ones of the train part.

    Line breaks written as `<br />` become spaces, Unicode is normalised (NFKC) and words are runs
    of letters and digits with inner apostrophes; `!` and `?` are words of their own, and other
    punctuation is dropped unless `punctuation` is set.

    Args:
        vocabulary_size: entries at most, `<pad>` (0) and `<unk>` (1) included.
        min_frequency: words rarer than this in the train part are unknown.
        lowercase: whether case is ignored.
        punctuation: whether every punctuation mark and symbol is a word of its own.
    """

    @validate_call
    def __init__(
        self,
        vocabulary_size: PositiveInt = 30_000,
        min_frequency: PositiveInt = 1,
        lowercase: bool = True,
        punctuation: bool = False,
    ) -> None:
        if vocabulary_size < 3:
            raise ValueError(f"vocabulary_size={vocabulary_size} leaves no word; use at least 3")
        self.vocabulary_size = vocabulary_size
        self.min_frequency = min_frequency
        self.lowercase = lowercase
        self.pattern = PUNCTUATED_PATTERN if punctuation else WORD_PATTERN

    @property
    def key(self) -> str:
        """Everything that decides the ids."""
        return json.dumps({"kind": "word", **vars(self)}, sort_keys=True)

    def train(self, texts: Iterable[list[str]]) -> tokenizers.Tokenizer:
        """Learn the vocabulary from batches of texts; ties are broken alphabetically."""
        from tokenizers import Tokenizer, models, trainers

        tokenizer = Tokenizer(models.WordLevel(unk_token=UNKNOWN))
        prepare(tokenizer, self.pattern, self.lowercase)
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


class SubwordTokenizer:
    """Subwords of the same words: a rare word becomes several frequent pieces.

    A piece that begins a word is marked by `▁`, so that words can be restored.

    Args:
        algorithm: `bpe` merges frequent pairs (Sennrich et al., 2016); `unigram` keeps the pieces
            under which the text is likeliest (Kudo, 2018).
        vocabulary_size: entries at most, `<pad>` (0) and `<unk>` (1) included.
        min_frequency: pairs rarer than this are not merged (bpe).
        lowercase: whether case is ignored.
        punctuation: whether every punctuation mark and symbol is a word of its own.
    """

    @validate_call
    def __init__(
        self,
        algorithm: Literal["bpe", "unigram"],
        vocabulary_size: PositiveInt = 8_000,
        min_frequency: PositiveInt = 2,
        lowercase: bool = True,
        punctuation: bool = False,
    ) -> None:
        if vocabulary_size < 300:
            raise ValueError(
                f"vocabulary_size={vocabulary_size} is less than the characters; use at least 300"
            )
        self.algorithm = algorithm
        self.vocabulary_size = vocabulary_size
        self.min_frequency = min_frequency
        self.lowercase = lowercase
        self.pattern = PUNCTUATED_PATTERN if punctuation else WORD_PATTERN

    @property
    def key(self) -> str:
        """Everything that decides the ids."""
        return json.dumps(vars(self), sort_keys=True)

    def train(self, texts: Iterable[list[str]]) -> tokenizers.Tokenizer:
        """Learn the pieces from batches of texts."""
        from tokenizers import Tokenizer, models, pre_tokenizers, trainers

        special = [PADDING, UNKNOWN]
        trainer: trainers.Trainer
        if self.algorithm == "bpe":
            tokenizer = Tokenizer(models.BPE(unk_token=UNKNOWN, fuse_unk=True))
            trainer = trainers.BpeTrainer(
                vocab_size=self.vocabulary_size,
                min_frequency=self.min_frequency,
                limit_alphabet=ALPHABET,
                special_tokens=special,
                show_progress=False,
            )
        else:
            tokenizer = Tokenizer(models.Unigram())
            trainer = trainers.UnigramTrainer(
                vocab_size=self.vocabulary_size,
                unk_token=UNKNOWN,
                special_tokens=special,
                show_progress=False,
            )
        marked = pre_tokenizers.Metaspace(WORD_START, prepend_scheme="always")
        prepare(tokenizer, self.pattern, self.lowercase, marked)
        tokenizer.train_from_iterator(texts, trainer)
        return tokenizer


def prepare(tokenizer: tokenizers.Tokenizer, pattern: str, lowercase: bool, *then: object) -> None:
    """Set how text is normalised and split into words, and the steps that follow."""
    from tokenizers import Regex, normalizers, pre_tokenizers

    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Replace(Regex(LINE_BREAK), " "),
            normalizers.NFKC(),
            normalizers.Replace("\u2019", "'"),
            *([normalizers.Lowercase()] if lowercase else []),
        ]
    )
    words = pre_tokenizers.Split(Regex(pattern), behavior="removed", invert=True)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([words, *then])


def load_tokenizer(file: Path) -> tokenizers.Tokenizer:
    """Read a tokenizer that was saved.

    Raises:
        UserError: the file is missing, too large or damaged.
    """
    from tokenizers import Tokenizer

    contents = read_file(file)
    try:
        return Tokenizer.from_str(contents.decode())
    except BaseException as error:  # the library raises nothing more special, or panics
        if isinstance(error, Exception) or type(error).__name__ == "PanicException":
            raise UserError(f"{file} is damaged: {' '.join(str(error).split())}") from None
        raise


def load_vocabulary(file: Path) -> list[str]:
    """Words or pieces by id, `<pad>` and `<unk>` first, of a tokenizer that was saved."""
    return words_by_id(load_tokenizer(file))


def words_by_id(tokenizer: tokenizers.Tokenizer) -> list[str]:
    """Words or pieces of a tokenizer in the order of their ids."""
    ids = tokenizer.get_vocab()
    return sorted(ids, key=ids.__getitem__)


def encode(tokenizer: tokenizers.Tokenizer, texts: list[str]) -> list[np.ndarray]:
    """The ids of each text, int64; a text without any is one `<unk>`, so none has length 0.

    Raises:
        UserError: the tokenizer, perhaps a stranger's, cannot read a text.
    """
    try:
        encodings = tokenizer.encode_batch_fast(texts, add_special_tokens=False)
    except Exception as error:  # the library has no other type
        raise UserError(f"the tokenizer cannot read a text: {error}") from error
    return [np.asarray(encoding.ids or [UNKNOWN_ID]) for encoding in encodings]
