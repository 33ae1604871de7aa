"""The token store: a corpus as ids on disk, written once, read memory-mapped.

<cache>/tokens/<key>/
    tokenizer.json          the vocabulary, as HF `tokenizers` saves it
    {part}.tokens.npy       all ids of a part behind one another, uint16 where they fit
    {part}.offsets.npy      (rows + 1,) int64: row i is tokens[offsets[i]:offsets[i + 1]]
    {part}.labels.npy       (rows,) int64
    {part}.hashes.npy       (rows,) uint64: a hash of each text, for splits and row ids
    meta.json               fingerprint, counts, and a checksum of every file above
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
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from filelock import FileLock
from tqdm import tqdm

from rnn_sentiment.data.corpus import Corpus, Fingerprint
from rnn_sentiment.data.tokenizer import UNKNOWN_ID, Tokenizer

log = logging.getLogger(__name__)

FORMAT = 1  # part of the key: a change of layout never reads an old store


@dataclass(frozen=True)
class TokenSplit:
    """One part as memory-mapped arrays; see the module's docstring for shapes and types."""

    tokens: np.ndarray
    offsets: np.ndarray
    labels: np.ndarray
    hashes: np.ndarray

    @property
    def lengths(self) -> np.ndarray:
        """(rows,) int64: tokens of each review, at least 1."""
        return np.diff(self.offsets)

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
class TokenStore:
    """A corpus as ids, with the vocabulary that made them."""

    folder: Path
    fingerprint: Fingerprint
    unknown_share: dict[str, float]
    parts: dict[str, TokenSplit]

    @property
    def tokenizer_file(self) -> Path:
        """The vocabulary as HF `tokenizers` saves it."""
        return self.folder / "tokenizer.json"

    @property
    def vocabulary(self) -> list[str]:
        """Words by id, `<pad>` and `<unk>` first."""
        words: dict[str, int] = json.loads(self.tokenizer_file.read_text())["model"]["vocab"]
        return sorted(words, key=words.__getitem__)


def text_hash(text: str) -> int:
    """Hash a text to 64 bits; decides validation membership and names rows."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")


def store_folder(cache: Path, fingerprint: Fingerprint, tokenizer: Tokenizer) -> Path:
    """Name the folder of the store of this corpus under this tokenizer."""
    identity = json.dumps([FORMAT, str(fingerprint), tokenizer.key])
    key = hashlib.blake2b(identity.encode(), digest_size=10).hexdigest()
    return cache / "tokens" / key


def open_or_build(
    cache: Path, fingerprint: Fingerprint, tokenizer: Tokenizer, corpus: Corpus | None
) -> TokenStore | None:
    """Open the store of a corpus; build it from `corpus` where it is absent or damaged.

    Builders hold a lock, work in a temporary folder and rename it into place, so that runs which
    start together build once and a killed build leaves nothing behind that could be read.

    Returns:
        The store, or None where there is none and no `corpus` to build it from.
    """
    folder = store_folder(cache, fingerprint, tokenizer)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{folder}.lock"):
        if folder.exists():
            damage = find_damage(folder)
            if damage is None:
                return _open(folder)
            log.warning("The token store %s is damaged (%s); building it again.", folder, damage)
        if corpus is None:
            return None
        temporary = Path(tempfile.mkdtemp(prefix=f"{folder.name}.building.", dir=folder.parent))
        try:
            _build(temporary, corpus, fingerprint, tokenizer)
            shutil.rmtree(folder, ignore_errors=True)
            os.replace(temporary, folder)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
        return _open(folder)


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


def _open(folder: Path) -> TokenStore:
    meta = json.loads((folder / "meta.json").read_text())
    fingerprint = Fingerprint.from_dict(meta["fingerprint"])
    parts = {}
    for part in fingerprint.parts:
        fields = [field.name for field in dataclasses.fields(TokenSplit)]
        arrays = {f: np.load(folder / f"{part}.{f}.npy", mmap_mode="r") for f in fields}
        parts[part] = TokenSplit(**arrays)
    return TokenStore(folder, fingerprint, meta["unknown_share"], parts)


def _build(folder: Path, corpus: Corpus, fingerprint: Fingerprint, settings: Tokenizer) -> None:
    tokenizer = settings.train(_texts(corpus, fingerprint, "train", "Learning the vocabulary"))
    tokenizer.save(str(folder / "tokenizer.json"))
    dtype = np.uint16 if tokenizer.get_vocab_size() <= 1 << 16 else np.uint32
    unknown_share = {}
    for part in fingerprint.parts:
        lengths: list[int] = []
        labels: list[int] = []
        hashes: list[int] = []
        unknown = 0
        raw = folder / f"{part}.tokens.raw"
        with raw.open("wb") as out:
            for texts, batch_labels in _rows(corpus, fingerprint, part, f"Tokenising {part}"):
                for encoding in tokenizer.encode_batch_fast(texts, add_special_tokens=False):
                    ids = encoding.ids or [UNKNOWN_ID]  # a text never has length 0
                    out.write(np.asarray(ids, dtype).tobytes())
                    lengths.append(len(ids))
                    unknown += ids.count(UNKNOWN_ID)
                labels += batch_labels
                hashes += map(text_hash, texts)
        offsets = np.r_[0, np.cumsum(lengths)].astype(np.int64)
        tokens = np.memmap(raw, dtype, "r", shape=(int(offsets[-1]),))
        np.save(folder / f"{part}.tokens.npy", tokens)
        raw.unlink()
        np.save(folder / f"{part}.offsets.npy", offsets)
        np.save(folder / f"{part}.labels.npy", np.asarray(labels, np.int64))
        np.save(folder / f"{part}.hashes.npy", np.asarray(hashes, np.uint64))
        unknown_share[part] = unknown / int(offsets[-1])
    meta = {
        "fingerprint": fingerprint.to_dict(),
        "unknown_share": unknown_share,
        "checksums": {file.name: _checksum(file) for file in sorted(folder.iterdir())},
    }
    (folder / "meta.json").write_text(json.dumps(meta, indent=2))


def _rows(
    corpus: Corpus, fingerprint: Fingerprint, part: str, doing: str
) -> Iterator[tuple[list[str], list[int]]]:
    total = fingerprint.parts[part].rows
    with tqdm(total=total, desc=doing, unit=" reviews", leave=False) as progress:
        for texts, labels in corpus.read(part):
            yield texts, labels
            progress.update(len(texts))


def _texts(corpus: Corpus, fingerprint: Fingerprint, part: str, doing: str) -> Iterator[list[str]]:
    for texts, _ in _rows(corpus, fingerprint, part, doing):
        yield texts


def _checksum(file: Path) -> int:
    checksum = 0
    with file.open("rb") as data:
        while block := data.read(1 << 22):
            checksum = zlib.crc32(block, checksum)
    return checksum
