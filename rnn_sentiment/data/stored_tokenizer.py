"""The tokenizer in a run folder, which may come from a stranger: read, or used by another run."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import validate_call

from rnn_sentiment.data.tokenizer import (
    LINE_BREAK,
    PADDING,
    PADDING_ID,
    PUNCTUATED_PATTERN,
    UNKNOWN,
    UNKNOWN_ID,
    WORD_PATTERN,
    load_tokenizer,
    words_by_id,
)
from rnn_sentiment.errors import UserError
from rnn_sentiment.storage import TRUST, read_file, read_json

if TYPE_CHECKING:
    import tokenizers

# What ours are made of. Another expression could take forever, another step fill the memory.
VALUES = {
    "type": ("Sequence", "Replace", "NFKC", "Lowercase", "Split", "Metaspace"),
    "Regex": (LINE_BREAK, WORD_PATTERN, PUNCTUATED_PATTERN),
}
MODELS = ("WordLevel", "BPE", "Unigram")
UNUSED = ("truncation", "padding", "post_processor", "decoder")


class StoredTokenizer:
    """The vocabulary of another run, in place of one that is learned.

    Args:
        path: its `tokenizer.json`.
    """

    @validate_call
    def __init__(self, path: str) -> None:
        self.path = Path(path).expanduser()

    @property
    def key(self) -> str:
        """Everything that decides the ids."""
        return hashlib.blake2b(read_file(self.path), digest_size=20).hexdigest()

    def train(self, texts: Iterable[list[str]]) -> tokenizers.Tokenizer:
        """Read the vocabulary; the texts are consumed but add nothing to it."""
        for _ in texts:
            pass
        return load_stored_tokenizer(self.path)


def load_stored_tokenizer(file: Path) -> tokenizers.Tokenizer:
    """Read the tokenizer of a run, made of the same parts as this package's.

    With a trusted module (see `trust`), any parts are allowed.

    Raises:
        UserError: the file is damaged, or holds anything else.
    """
    stated = read_json(file)
    if not isinstance(stated, dict):
        raise UserError(f"{file} is damaged: it holds no JSON object")
    if not os.environ.get(TRUST) and (foreign := next(foreign_parts(stated), None)):
        raise UserError(
            f"{file}: {foreign} is not part of any tokenizer of this package; refused (to trust a "
            f"module of your own, set {TRUST}=MODULE)"
        )
    tokenizer = load_tokenizer(file)
    words = words_by_id(tokenizer)
    ids = tokenizer.get_vocab()
    if len(words) < 2 or any(ids[word] != number for number, word in enumerate(words)):
        raise UserError(f"{file} is damaged: its ids are not 0, 1, 2, ...")
    if (words[PADDING_ID], words[UNKNOWN_ID]) != (PADDING, UNKNOWN):
        raise UserError(f"{file} is damaged: it does not begin with {PADDING} and {UNKNOWN}")
    return tokenizer


def load_stored_vocabulary(file: Path) -> list[str]:
    """Words or pieces by id of the tokenizer of a run; see `load_stored_tokenizer`."""
    return words_by_id(load_stored_tokenizer(file))


def foreign_parts(stated: dict[str, Any]) -> Iterator[str]:
    """Name the parts that no tokenizer of this package has."""
    for part in ("normalizer", "pre_tokenizer"):
        for key, value in entries(stated.get(part)):
            if key in VALUES and value not in VALUES[key]:
                yield f"{part} {key} {value!r:.80}"
    for key in UNUSED:
        if stated.get(key) is not None:
            yield key
    for key, value in entries(stated.get("added_tokens")):
        if key == "content" and value not in (PADDING, UNKNOWN):
            yield f"added token {value!r:.80}"
    model = stated.get("model")
    if not isinstance(model, dict) or model.get("type") not in MODELS or model.get("dropout"):
        yield "its model"


def entries(node: Any) -> Iterator[tuple[str, Any]]:
    """Keys and values of all objects in plain JSON."""
    if isinstance(node, dict):
        yield from node.items()
        node = list(node.values())
    if isinstance(node, list):
        for value in node:
            yield from entries(value)
