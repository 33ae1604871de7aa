"""Answer look-ups with `torchtext.vocab.Vectors`, kept from the network and from TLS settings."""

from __future__ import annotations

import ssl
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from rnn_sentiment.embeddings.vectors.reader import VectorTable


def as_torchtext(table: VectorTable, unk_init: Callable[[Tensor], Tensor]) -> Any:
    """Hand a checked table to torchtext 0.6, which answers for words with and without a vector.

    It finds the table as the file that it caches vectors in, so that it neither parses nor
    downloads. Its constructor switches certificate checks off for the whole process; they are
    switched back on.

    Args:
        table: words and vectors.
        unk_init: fills the vector, `(dim,)`, of a word that has none.
    """
    from torchtext.vocab import Vectors

    rows = {word: row for row, word in enumerate(table.words)}
    vectors = torch.from_numpy(table.vectors.copy())
    secure = ssl._create_default_https_context
    with tempfile.TemporaryDirectory() as folder:
        torch.save((table.words, rows, vectors, vectors.shape[1]), Path(folder) / "table.pt")
        try:
            return Vectors("table", cache=folder, unk_init=unk_init)
        finally:
            ssl._create_default_https_context = secure
