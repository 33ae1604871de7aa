"""Nearest words and analogies in a table of word vectors."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rnn_sentiment import manifest, runs
from rnn_sentiment.errors import UserError

LARGEST = 1e15  # entry in a table; squares of larger ones overflow
MOST = 400_000  # words of a file, which are sorted by frequency


@dataclass(frozen=True)
class WordVectors:
    """Words and their `vectors (N, E)`; `name` is the time or file that they are from."""

    name: str
    words: list[str]
    vectors: np.ndarray

    def nearest(self, query: str, number: int = 8) -> list[tuple[str, float]]:
        """The words with the largest cosine to the query, except those in the query.

        Args:
            query: a word, or words with ` + ` and ` - ` between them: the sum of their vectors.
            number: maximum number of words.
        """
        rows, signs, sign = [], [], 1.0
        for part in query.split():
            if part in ("+", "-"):
                sign = 1.0 if part == "+" else -1.0
            else:
                rows.append(self._row(part))
                signs.append(sign)
        if not rows:
            raise UserError(f"'{query}' has no word")
        target = np.array(signs, np.float32) @ self.vectors[rows]
        lengths = np.linalg.norm(self.vectors, axis=1) * np.linalg.norm(target)
        cosines = self.vectors @ target / np.maximum(lengths, np.finfo(np.float32).tiny)
        cosines[rows] = -np.inf
        best = np.argsort(-cosines, kind="stable")[:number]
        return [(self.words[row], float(cosines[row])) for row in best if row not in rows]

    def _row(self, word: str) -> int:
        for form in (word, word.lower()):
            if form in self.words:
                return self.words.index(form)
        near = difflib.get_close_matches(word, self.words, 3)
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        raise UserError(f"'{word}' is not one of the {len(self.words):,} words{hint}")


def of_run(folder: Path) -> list[WordVectors]:
    """The table of a run, before training and in its best checkpoint.

    Raises:
        UserError: the folder holds no trained run, or one without word vectors.
    """
    from rnn_sentiment.checkpoints import load_checkpoint
    from rnn_sentiment.data.stored_tokenizer import load_stored_vocabulary

    manifest.verify(folder, (*manifest.READ_TO_PREDICT, manifest.INITIAL_VECTORS))
    runs.load_classifier_config(folder)  # raises if this is not a run
    file = folder / manifest.INITIAL_VECTORS
    if not file.exists():
        raise UserError(
            f"{folder} has no word vectors: it stopped before training began, or its embedding "
            "has no table"
        )
    words = load_stored_vocabulary(folder / "tokenizer.json")
    checkpoint = folder / "checkpoints" / "best.ckpt"
    after = load_checkpoint(checkpoint)["state_dict"].get("embedding.table.weight")
    if after is None or after.dim() != 2 or len(after) != len(words):
        raise UserError(f"{checkpoint} has no table of the {len(words):,} words of this run")
    return [  # without <pad> and <unk>
        WordVectors("before", words[2:], read_table(file, tuple(after.shape))[2:]),
        WordVectors("after", words[2:], after.float().numpy()[2:]),
    ]


def read_table(file: Path, shape: tuple[int, ...]) -> np.ndarray:
    """Read an array of float32 numbers, checking its shape before allocating memory.

    Raises:
        UserError: the file is damaged, or has another shape.
    """
    try:
        table = np.load(file, mmap_mode="r")
    except (OSError, ValueError, EOFError, TypeError, SyntaxError, MemoryError, OverflowError) as e:
        raise UserError(f"{file} is damaged: {' '.join(str(e).split())}") from None
    if not isinstance(table, np.ndarray) or table.shape != shape or table.dtype != np.float32:
        raise UserError(f"{file} is not a table of {' by '.join(map(str, shape))} numbers")
    if not np.abs(table).max(initial=0) < LARGEST:  # also rejects NaN
        raise UserError(f"{file} is damaged: it holds numbers of {LARGEST:g} or more")
    return np.array(table)


def of_file(file: Path) -> list[WordVectors]:
    """The vectors of the most frequent words in a file in GloVe's format.

    Raises:
        UserError: the file cannot be read.
    """
    from rnn_sentiment.embeddings.vectors.reader import read_vectors

    table = read_vectors(file, dim=None, most=MOST)
    return [WordVectors(file.name, table.words, table.vectors)]
