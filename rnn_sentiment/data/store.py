"""The token store: a corpus as ids on disk, written once, read memory-mapped.

<cache>/tokens/<key>/
    tokenizer.json          the vocabulary, as HF `tokenizers` saves it
    {part}.labels.npy       (rows,) int64
    {part}.hashes.npy       (rows,) uint64: a hash of each text, for splits and row ids
    {part}.tokens.npy       all ids of a part behind one another, uint16 where they fit
    {part}.offsets.npy      (rows + 1,) int64: row i is tokens[offsets[i]:offsets[i + 1]]
    {part}.unknown.npy      (rows,) int64: unknown tokens of each row
    meta.json               fingerprint, counts, and a checksum of every file above

<cache>/index/<key>/ has only the first three: what streaming needs to know.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import logging
import os
import shutil
import tempfile
import zlib
from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from filelock import FileLock
from tqdm import tqdm

from rnn_sentiment.data.corpus import Corpus, Fingerprint
from rnn_sentiment.data.tokenizer import UNKNOWN_ID, Tokenizer, encode

if TYPE_CHECKING:
    import tokenizers

log = logging.getLogger(__name__)

Part = TypeVar("Part", bound="IndexedPart")
FORMAT = 3  # part of the key: a change of layout never reads an old store


@dataclass(frozen=True)
class IndexedPart:
    """The rows of one part as memory-mapped arrays; see the module's docstring."""

    labels: np.ndarray
    hashes: np.ndarray

    def row_ids(self) -> list[str]:
        """Name every row by its text: hash, then occurrence number among equal texts.

        The same for every source and order of rows: equal texts are numbered by label first, and
        rows that agree in text and label are interchangeable.
        """
        order = np.lexsort((self.labels, self.hashes))
        hashes = self.hashes[order]
        first = np.r_[True, hashes[1:] != hashes[:-1]]
        starts = np.flatnonzero(first)
        occurrence = np.arange(len(hashes)) - np.repeat(starts, np.diff(np.r_[starts, len(hashes)]))
        ids = np.empty(len(hashes), dtype=object)
        ids[order] = [f"{h:016x}-{n}" for h, n in zip(hashes, occurrence, strict=True)]
        return ids.tolist()


@dataclass(frozen=True)
class TokenSplit(IndexedPart):
    """The rows of one part with their tokens."""

    tokens: np.ndarray
    offsets: np.ndarray
    unknown: np.ndarray

    @property
    def lengths(self) -> np.ndarray:
        """(rows,) int64: tokens of each review, at least 1."""
        return np.diff(self.offsets)


class ChosenRows:
    """Some rows of a part.

    Args:
        split: the part.
        rows: (N,) positions in it.
    """

    def __init__(self, split: IndexedPart, rows: np.ndarray) -> None:
        self.split = split
        self.rows = rows

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def labels(self) -> np.ndarray:
        """(N,) int64."""
        return np.asarray(self.split.labels[self.rows])

    @property
    def hashes(self) -> np.ndarray:
        """(N,) uint64: a hash of each text."""
        return np.asarray(self.split.hashes[self.rows])

    def row_ids(self) -> list[str]:
        """Names of the rows; see `IndexedPart.row_ids`."""
        ids = self.split.row_ids()
        return [ids[row] for row in self.rows]


@dataclass(frozen=True)
class Index:
    """What is known of a corpus before its tokens: the vocabulary, and a hash of every text."""

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
        from tokenizers import Tokenizer

        words = Tokenizer.from_file(str(self.tokenizer_file)).get_vocab()
        return sorted(words, key=words.__getitem__)


@dataclass(frozen=True)
class TokenStore(Index):
    """A corpus as ids, with the vocabulary that made them."""

    parts: Mapping[str, TokenSplit]


def text_hash(text: str) -> int:
    """Hash a text to 64 bits; decides validation membership and names rows."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")


def open_or_build(
    cache: Path, fingerprint: Fingerprint, tokenizer: Tokenizer, corpus: Corpus | None
) -> TokenStore | None:
    """Open the token store of a corpus; build it where it is absent or damaged.

    Builders hold a lock, work in a temporary folder and rename it into place, so that runs which
    start together build once and a killed build leaves nothing behind that could be read.

    Returns:
        The store, or None where there is none and no `corpus` to build it from.
    """
    folder = folder_of(cache / "tokens", fingerprint, tokenizer)
    if not _ready(folder, corpus, fingerprint, tokenizer, with_tokens=True):
        return None
    return TokenStore(folder, fingerprint, _load_parts(folder, fingerprint, TokenSplit))


def open_or_build_index(
    cache: Path, fingerprint: Fingerprint, tokenizer: Tokenizer, corpus: Corpus
) -> Index:
    """Open the index of a corpus; build it where it is absent or damaged, like a token store."""
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
    """Whether the folder is there and whole, building it where that is possible."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{folder}.lock"):
        if folder.exists():
            damage = find_damage(folder)
            if damage is None:
                return True
            log.warning("%s is damaged (%s); building it again.", folder, damage)
        if corpus is None:
            return False
        temporary = Path(tempfile.mkdtemp(prefix=f"{folder.name}.building.", dir=folder.parent))
        try:
            _build(temporary, corpus, fingerprint, tokenizer, with_tokens)
            shutil.rmtree(folder, ignore_errors=True)
            os.replace(temporary, folder)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
    return True


def find_damage(folder: Path) -> str | None:
    """Compare a store with its checksums; say what is wrong, or None."""
    try:
        checksums = json.loads((folder / "meta.json").read_text())["checksums"]
        for name, checksum in checksums.items():
            if _checksum(folder / name) != checksum:
                return f"{name} has changed"
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        return str(error)
    return None


def _load_parts(folder: Path, fingerprint: Fingerprint, kind: type[Part]) -> dict[str, Part]:
    names = [field.name for field in dataclasses.fields(kind)]
    return {
        part: kind(*(np.load(folder / f"{part}.{name}.npy", mmap_mode="r") for name in names))
        for part in fingerprint.parts
    }


def _build(
    folder: Path,
    corpus: Corpus,
    fingerprint: Fingerprint,
    settings: Tokenizer,
    with_tokens: bool,
) -> None:
    def index(part: str, doing: str) -> Iterator[list[str]]:
        """Pass the texts of a part on; their labels and hashes are kept."""
        labels, hashes = array("q"), array("Q")
        with tqdm(
            total=fingerprint.parts[part].rows, desc=doing, unit=" reviews", leave=False
        ) as progress:
            for texts, batch_labels in corpus.read(part):
                labels.extend(batch_labels)
                hashes.extend(map(text_hash, texts))
                yield texts
                progress.update(len(texts))
        np.save(folder / f"{part}.labels.npy", np.frombuffer(labels, np.int64))
        np.save(folder / f"{part}.hashes.npy", np.frombuffer(hashes, np.uint64))

    tokenizer = settings.train(index("train", "Learning the vocabulary"))
    tokenizer.save(str(folder / "tokenizer.json"))
    for part in fingerprint.parts:
        if with_tokens:
            texts = index(part, f"Tokenising {part}")
            _write_tokens(folder, part, texts, tokenizer)
        elif part != "train":
            for _ in index(part, f"Indexing {part}"):
                pass
    meta = {
        "fingerprint": fingerprint.to_dict(),
        "checksums": {file.name: _checksum(file) for file in sorted(folder.iterdir())},
    }
    (folder / "meta.json").write_text(json.dumps(meta, indent=2))


def _write_tokens(
    folder: Path, part: str, batches: Iterator[list[str]], tokenizer: tokenizers.Tokenizer
) -> None:
    """Tokenise a part in bounded memory."""
    dtype = np.uint16 if tokenizer.get_vocab_size() <= 1 << 16 else np.uint32
    lengths, unknown = array("q"), array("q")
    raw = folder / f"{part}.tokens.raw"
    with raw.open("wb") as out:
        for texts in batches:
            for row in encode(tokenizer, texts):
                out.write(row.astype(dtype).tobytes())
                lengths.append(len(row))
                unknown.append(int((row == UNKNOWN_ID).sum()))
    offsets = np.r_[0, np.cumsum(np.frombuffer(lengths, np.int64))]
    np.save(folder / f"{part}.offsets.npy", offsets)
    tokens = np.memmap(raw, dtype, "r", shape=(int(offsets[-1]),))
    np.save(folder / f"{part}.tokens.npy", tokens)
    raw.unlink()
    np.save(folder / f"{part}.unknown.npy", np.frombuffer(unknown, np.int64))


def _checksum(file: Path) -> int:
    checksum = 0
    with file.open("rb") as data:
        while block := data.read(1 << 22):
            checksum = zlib.crc32(block, checksum)
    return checksum
