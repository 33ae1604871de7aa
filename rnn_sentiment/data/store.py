"""The token store: a corpus as ids on disk, written once, read memory-mapped.

<cache>/tokens/<key>/
    tokenizer.json          the vocabulary, as HF `tokenizers` saves it
    {part}.labels.npy       (rows,) int64
    {part}.hashes.npy       (rows,) uint64: a hash of each text, for splits and row ids
    {part}.tokens.npy       all ids of a part in sequence, uint16 if they fit
    {part}.offsets.npy      (rows + 1,) int64: row i is tokens[offsets[i]:offsets[i + 1]]
    {part}.unknown.npy      (rows,) int64: unknown tokens of each row
    meta.json               fingerprint, counts, and a checksum of every file above

<cache>/index/<key>/ has only the first three, which streaming needs.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeVar

import numpy as np

from rnn_sentiment.data.building import build, checksum
from rnn_sentiment.data.corpus import Corpus
from rnn_sentiment.data.fingerprint import Fingerprint
from rnn_sentiment.data.rows import IndexedPart, TokenSplit
from rnn_sentiment.data.tokenizer import Tokenizer, load_vocabulary
from rnn_sentiment.storage import locked, new_folder

log = logging.getLogger(__name__)

Part = TypeVar("Part", bound="IndexedPart")
FORMAT = 3  # part of the key: a change of layout never reads an old store


@dataclass(frozen=True)
class Index:
    """A corpus without its tokens: the vocabulary, and a hash of every text."""

    folder: Path
    fingerprint: Fingerprint
    parts: Mapping[str, IndexedPart]

    @property
    def tokenizer_file(self) -> Path:
        """The vocabulary as HF `tokenizers` saves it."""
        return self.folder / "tokenizer.json"

    @cached_property
    def vocabulary(self) -> list[str]:
        """Words or pieces by id, `<pad>` and `<unk>` first."""
        return load_vocabulary(self.tokenizer_file)


@dataclass(frozen=True)
class TokenStore(Index):
    """A corpus as ids, with its vocabulary."""

    parts: Mapping[str, TokenSplit]


def open_or_build(
    cache: Path, fingerprint: Fingerprint, tokenizer: Tokenizer, corpus: Corpus | None
) -> TokenStore | None:
    """Open the token store of a corpus; build it if it is missing or damaged.

    Builders hold a lock, work in a temporary folder and rename it into place, so that runs which
    start together build once and a killed build leaves nothing behind that could be read.

    Returns:
        The store, or None if there is none and no `corpus` to build it from.
    """
    folder = folder_of(cache / "tokens", fingerprint, tokenizer)
    if not _ready(folder, corpus, fingerprint, tokenizer, with_tokens=True):
        return None
    return TokenStore(folder, fingerprint, _load_parts(folder, fingerprint, TokenSplit))


def open_or_build_index(
    cache: Path, fingerprint: Fingerprint, tokenizer: Tokenizer, corpus: Corpus
) -> Index:
    """Open the index of a corpus; build it if it is missing or damaged, like a token store."""
    folder = folder_of(cache / "index", fingerprint, tokenizer)
    _ready(folder, corpus, fingerprint, tokenizer, with_tokens=False)
    return Index(folder, fingerprint, _load_parts(folder, fingerprint, IndexedPart))


def folder_of(above: Path, fingerprint: Fingerprint, tokenizer: Tokenizer) -> Path:
    """Name the folder of this corpus under this tokenizer."""
    identity = json.dumps([FORMAT, str(fingerprint), tokenizer.key])
    return above / hashlib.blake2b(identity.encode(), digest_size=10).hexdigest()


def _ready(
    folder: Path,
    corpus: Corpus | None,
    fingerprint: Fingerprint,
    tokenizer: Tokenizer,
    with_tokens: bool,
) -> bool:
    """Whether the folder exists and is intact; build it if possible."""
    with locked(folder):
        if folder.exists():
            damage = find_damage(folder)
            if damage is None:
                return True
            log.warning("%s is damaged (%s); building it again.", folder, damage)
        if corpus is None:
            return False
        with new_folder(folder) as temporary:
            build(temporary, corpus, fingerprint, tokenizer, with_tokens)
    return True


def find_damage(folder: Path) -> str | None:
    """Compare a store with its checksums; return what is wrong, or None."""
    try:
        checksums = json.loads((folder / "meta.json").read_text())["checksums"]
        for name, expected in checksums.items():
            if checksum(folder / name) != expected:
                return f"{name} has changed"
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        return str(error)
    return None


def _load_parts(folder: Path, fingerprint: Fingerprint, kind: type[Part]) -> dict[str, Part]:
    names = [field.name for field in dataclasses.fields(kind)]
    return {
        part: kind(*(np.load(folder / f"{part}.{name}.npy", mmap_mode="r") for name in names))
        for part in fingerprint.parts
    }
