"""Unlabelled texts as ids on disk, written once, read memory-mapped."""

from __future__ import annotations

import hashlib
import json
from array import array
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from rnn_sentiment.data.building import write_tokens
from rnn_sentiment.data.rows import TokenSplit, text_hash
from rnn_sentiment.data.tokenizer import load_tokenizer
from rnn_sentiment.data.unlabelled import Unlabelled
from rnn_sentiment.storage import locked, new_folder, save_array

FORMAT = 1  # part of the key: a change of layout never reads older files
NAME = "unsupervised"


def open_or_write(cache: Path, unlabelled: Unlabelled, tokenizer_file: Path) -> TokenSplit:
    """Open the tokens of unlabelled texts under a vocabulary; write them if they are missing.

    Args:
        cache: where they are kept.
        unlabelled: the texts.
        tokenizer_file: the vocabulary.
    """
    vocabulary = hashlib.blake2b(tokenizer_file.read_bytes()).hexdigest()
    identity = json.dumps([FORMAT, vocabulary, *unlabelled.digests])
    key = hashlib.blake2b(identity.encode(), digest_size=10).hexdigest()
    folder = cache / "unlabelled" / key
    with locked(folder):
        if not folder.exists():
            with new_folder(folder) as temporary:
                write(temporary, unlabelled, tokenizer_file)
    hashes, tokens, offsets, unknown = (
        np.load(folder / f"{NAME}.{name}.npy", mmap_mode="r")
        for name in ("hashes", "tokens", "offsets", "unknown")
    )
    return TokenSplit(np.full(len(hashes), -1), hashes, tokens, offsets, unknown)


def write(folder: Path, unlabelled: Unlabelled, tokenizer_file: Path) -> None:
    """Tokenise the texts in bounded memory."""
    hashes = array("Q")

    def texts() -> Iterator[list[str]]:
        for batch in unlabelled.read("Tokenising unlabelled"):
            hashes.extend(map(text_hash, batch))
            yield batch

    write_tokens(folder, NAME, texts(), load_tokenizer(tokenizer_file))
    save_array(folder / f"{NAME}.hashes.npy", np.frombuffer(hashes, np.uint64))
