"""Build a token store: learn the vocabulary, then tokenise every text."""

from __future__ import annotations

import json
import zlib
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from rnn_sentiment.bars import Bar
from rnn_sentiment.data.corpus import Corpus
from rnn_sentiment.data.fingerprint import Fingerprint
from rnn_sentiment.data.rows import text_hash
from rnn_sentiment.data.tokenizer import UNKNOWN_ID, Tokenizer, encode
from rnn_sentiment.storage import replacing, save_array, write_file

if TYPE_CHECKING:
    import tokenizers


def build(
    folder: Path,
    corpus: Corpus,
    fingerprint: Fingerprint,
    settings: Tokenizer,
    with_tokens: bool,
) -> None:
    """Learn the vocabulary of a corpus, and write it and the tokens of every text.

    Args:
        folder: an empty folder to write to.
        corpus: the corpus; it is read twice.
        fingerprint: of the corpus.
        settings: how texts become ids.
        with_tokens: False leaves the tokens out, for streaming.
    """

    def index(part: str, doing: str) -> Iterator[list[str]]:
        """Yield the texts of a part, and record their labels and hashes."""
        labels, hashes = array("q"), array("Q")
        with Bar(total=fingerprint.parts[part].rows, desc=doing, unit=" texts") as progress:
            for texts, batch_labels in corpus.read(part):
                labels.extend(batch_labels)
                hashes.extend(map(text_hash, texts))
                yield texts
                progress.update(len(texts))
        save_array(folder / f"{part}.labels.npy", np.frombuffer(labels, np.int64))
        save_array(folder / f"{part}.hashes.npy", np.frombuffer(hashes, np.uint64))

    tokenizer = settings.train(index("train", "Learning the vocabulary"))
    write_file(folder / "tokenizer.json", tokenizer.to_str(pretty=True))
    for part in fingerprint.parts:
        if with_tokens:
            texts = index(part, f"Tokenising {part}")
            write_tokens(folder, part, texts, tokenizer)
        elif part != "train":
            for _ in index(part, f"Indexing {part}"):
                pass
    meta = {
        "fingerprint": fingerprint.to_dict(),
        "checksums": {file.name: checksum(file) for file in sorted(folder.iterdir())},
    }
    write_file(folder / "meta.json", json.dumps(meta, indent=2))


def write_tokens(
    folder: Path, part: str, batches: Iterator[list[str]], tokenizer: tokenizers.Tokenizer
) -> None:
    """Tokenise a part in bounded memory."""
    dtype = np.uint16 if tokenizer.get_vocab_size() <= 1 << 16 else np.uint32
    lengths, unknown = array("q"), array("q")
    raw = folder / f"{part}.tokens.raw"
    with replacing(raw) as out:
        for texts in batches:
            for row in encode(tokenizer, texts):
                out.write(row.astype(dtype).tobytes())
                lengths.append(len(row))
                unknown.append(int((row == UNKNOWN_ID).sum()))
    offsets = np.r_[0, np.cumsum(np.frombuffer(lengths, np.int64))]
    save_array(folder / f"{part}.offsets.npy", offsets)
    tokens = np.memmap(raw, dtype, "r", shape=(int(offsets[-1]),))
    save_array(folder / f"{part}.tokens.npy", tokens)
    raw.unlink()
    save_array(folder / f"{part}.unknown.npy", np.frombuffer(unknown, np.int64))


def checksum(file: Path) -> int:
    """CRC-32 of a file."""
    found = 0
    with file.open("rb") as data:
        while block := data.read(1 << 22):
            found = zlib.crc32(block, found)
    return found
