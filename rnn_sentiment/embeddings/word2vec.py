"""Vectors learned on the corpus's own texts with word2vec (Mikolov et al., 2013)."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from pydantic import NonNegativeInt, PositiveInt, validate_call

from rnn_sentiment.bars import Bar
from rnn_sentiment.data.tokenizer import encode, load_tokenizer
from rnn_sentiment.data.unlabelled import Unlabelled
from rnn_sentiment.embeddings.pretrained import PretrainedEmbedding
from rnn_sentiment.errors import UserError
from rnn_sentiment.extras import need
from rnn_sentiment.storage import locked
from rnn_sentiment.types import Rate

if TYPE_CHECKING:
    from rnn_sentiment.data import ReviewDataModule

FORMAT = 1  # part of the key: a change of what is learned from never meets older vectors
SEED = 1  # not the run's, so that runs over seeds share the vectors


class Word2VecEmbedding(PretrainedEmbedding):
    """A table initialised with skip-gram vectors of the train and unlabelled texts.

    Args:
        vocabulary_size: rows of the table.
        vectors_dim: size of the vectors.
        window: maximum number of words on either side that a word learns to predict.
        min_count: rarer words get no vector.
        epochs: number of passes over the texts.
        workers: number of threads; with more than one, learning again gives slightly different
            vectors, so runs are repeatable only with the cached ones.
        dim: see `PretrainedEmbedding`, as for the rest.
    """

    @validate_call
    def __init__(
        self,
        vocabulary_size: PositiveInt,
        vectors_dim: PositiveInt,
        window: PositiveInt,
        min_count: PositiveInt,
        epochs: PositiveInt,
        workers: PositiveInt,
        dim: PositiveInt | None,
        frozen_epochs: NonNegativeInt | Literal["all"],
        dropout: Rate,
        word_dropout: Rate,
    ) -> None:
        super().__init__(vocabulary_size, vectors_dim, dim, frozen_epochs, dropout, word_dropout)
        self.settings = {
            "vector_size": vectors_dim,
            "window": window,
            "min_count": min_count,
            "epochs": epochs,
        }
        self.workers = workers

    def vectors_file(self, data: ReviewDataModule) -> Path:
        """The file of the vectors in GloVe's format, learned if the cache has none.

        It is named by a hash of everything that decides it except the order of threads.
        """
        unlabelled = data.unlabelled_texts()
        assert data.store is not None
        identity: list[Any] = [FORMAT, str(data.store.fingerprint), data.tokenizer.key]
        identity += [self.settings, hashlib.blake2b(data.train_set.hashes.tobytes()).hexdigest()]
        identity += unlabelled.digests
        key = hashlib.blake2b(json.dumps(identity).encode(), digest_size=10).hexdigest()
        final = data.cache / "word2vec" / f"{key}.{self.table.embedding_dim}d.txt"
        with locked(final):
            if not final.exists():
                with tempfile.TemporaryDirectory(prefix=".learning-", dir=final.parent) as work:
                    texts = TrainingTexts(data, unlabelled, Path(work))
                    learn(texts, self.settings, self.workers, Path(work) / final.name)
                    os.replace(Path(work) / final.name, final)
        return final


class TrainingTexts:
    """The texts to learn from, as lists of words, in bounded memory and any number of times.

    They are the train part without the reviews held out for validation, and the unlabelled part,
    without texts that are also in the validation or test part: vectors
    have seen nothing that they are evaluated on. Words are those of the run's own vocabulary.

    Args:
        data: the data module, after its setup.
        unlabelled: further texts.
        folder: a folder for the ids of the texts.
    """

    def __init__(self, data: ReviewDataModule, unlabelled: Unlabelled, folder: Path) -> None:
        held_out = np.concatenate([data.validation_set.hashes, data.test_set.hashes])
        train = zip(
            data.tokens(data.train_set), ~np.isin(data.train_set.hashes, held_out), strict=True
        )
        self.words = np.array(data.vocabulary, dtype=object)
        self.ids = folder / "ids"
        self.lengths: list[int] = []
        with self.ids.open("wb") as out:
            further = unlabelled_tokens(data, unlabelled, set(held_out.tolist()))
            for tokens in chain((tokens for tokens, kept in train if kept), further):
                out.write(np.asarray(tokens, np.uint32).tobytes())
                self.lengths.append(len(tokens))

    def __len__(self) -> int:
        return len(self.lengths)

    def __iter__(self) -> Iterator[list[str]]:
        with self.ids.open("rb") as ids:
            for length in self.lengths:
                yield self.words[np.frombuffer(ids.read(4 * length), np.uint32)].tolist()


def unlabelled_tokens(
    data: ReviewDataModule, unlabelled: Unlabelled, held_out: set[int]
) -> Iterator[np.ndarray]:
    """Tokenise the unlabelled texts, except those whose hash is held out."""
    assert data.store is not None
    tokenizer = load_tokenizer(data.store.tokenizer_file)
    for texts in unlabelled.read("Tokenising unlabelled", without=held_out):
        yield from encode(tokenizer, texts)


class Progress:
    """Texts with one progress bar for all passes over them."""

    def __init__(self, texts: TrainingTexts, bar: Any) -> None:
        self.texts, self.bar = texts, bar

    def __iter__(self) -> Iterator[list[str]]:
        for text in self.texts:
            yield text
            self.bar.update()


def learn(texts: TrainingTexts, settings: dict[str, int], workers: int, file: Path) -> None:
    """Learn skip-gram vectors and write them in GloVe's format, most frequent words first.

    Raises:
        UserError: gensim is not installed, or no word is frequent enough.
    """
    need("embedding=word2vec", "word2vec", "gensim.models")
    from gensim.models import Word2Vec

    passes = settings["epochs"] + 1  # the first counts words
    with Bar(total=passes * len(texts), desc="Learning vectors", unit=" reviews") as bar:
        try:
            model = Word2Vec(Progress(texts, bar), sg=1, seed=SEED, workers=workers, **settings)
        except RuntimeError as error:
            raise UserError(
                f"embedding.min_count={settings['min_count']}: no word occurs that often; lower it"
            ) from error
    with file.open("w", encoding="utf-8") as out:
        for word, vector in zip(model.wv.index_to_key, model.wv.vectors, strict=True):
            out.write(f"{word} {' '.join(f'{value:.9g}' for value in vector)}\n")
        out.flush()
        os.fsync(out.fileno())
