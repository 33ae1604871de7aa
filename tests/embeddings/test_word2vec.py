"""Vectors learned on the corpus's own text: from what, how often, and kept how."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rnn_sentiment import bars
from rnn_sentiment.data import ReviewDataModule
from rnn_sentiment.embeddings import Word2VecEmbedding, word2vec
from rnn_sentiment.embeddings.vectors.reader import read_vectors
from rnn_sentiment.embeddings.word2vec import TrainingTexts
from rnn_sentiment.errors import UserError
from tests.data.modules import make_data

pytestmark = pytest.mark.slow

OPTIONS: dict[str, Any] = {
    "vectors_dim": 6,
    "window": 3,
    "min_count": 2,
    "epochs": 1,
    "workers": 1,
    "dim": None,
    "frozen_epochs": 0,
    "dropout": 0.0,
    "word_dropout": 0.0,
}
OWN = "scene the scene the a"


def texts_of(folder: Path, part: str) -> list[str]:
    found: list[str] = pq.read_table(next(folder.rglob(f"{part}-*.parquet")))["text"].to_pylist()
    return found


@pytest.fixture
def folder(corpus: Path, tmp_path: Path) -> Path:
    """The demo corpus with an unlabelled part: all its texts, and one of its own."""
    found = shutil.copytree(corpus, tmp_path / "corpus")
    texts = [*texts_of(found, "train"), *texts_of(found, "test"), OWN]
    train = next(found.rglob("train-*.parquet"))
    table = pa.table({"text": texts, "label": [-1] * len(texts)})
    pq.write_table(table, train.parent / "unsupervised-00000-of-00001.parquet")
    return found


@pytest.fixture
def data(folder: Path, tmp_path: Path) -> ReviewDataModule:
    return make_data(folder, tmp_path / "cache")


def embedding(data: ReviewDataModule, **options: Any) -> Word2VecEmbedding:
    return Word2VecEmbedding(len(data.vocabulary), **{**OPTIONS, **options})


def test_learns_from_train_and_unlabelled_texts_never_from_held_out_ones(data, folder, tmp_path):
    from tokenizers import Tokenizer

    assert data.store is not None
    tokenizer = Tokenizer.from_file(str(data.store.tokenizer_file))
    texts = TrainingTexts(data, data.unlabelled_texts(), tmp_path)
    seen = [" ".join(words) for words in texts]
    assert len(seen) == len(texts)
    assert [" ".join(words) for words in texts] == seen  # any number of times
    train = texts_of(folder, "train")
    kept = [" ".join(tokenizer.encode(train[row]).tokens) for row in data.train_set.rows]
    held_out = {train[row] for row in data.validation_set.rows} | set(texts_of(folder, "test"))
    assert sorted(seen) == sorted([*kept, *kept, OWN])
    assert not {" ".join(tokenizer.encode(text).tokens) for text in held_out} & set(seen)


def test_vectors_are_learned_once_in_gloves_format(data, monkeypatch, capfd):
    monkeypatch.setattr(bars, "EVERY", 0.0)  # seconds from line to line
    file = embedding(data).vectors_file(data)
    assert "Learning vectors" in capfd.readouterr().err
    table = read_vectors(file, 6)
    assert {"the", "scene"} <= set(table.words) <= set(data.vocabulary)
    assert table.left_out == {}
    monkeypatch.setattr(word2vec, "learn", None)
    assert embedding(data, workers=2, dim=3, dropout=0.5).vectors_file(data) == file


def test_other_settings_or_texts_are_learned_again(data, folder, tmp_path, monkeypatch):
    monkeypatch.setattr(word2vec, "learn", lambda texts, settings, workers, file: file.touch())
    files = [embedding(data, **change).vectors_file(data) for change in ({}, {"window": 4})]
    unlabelled = next(folder.rglob("unsupervised-*"))
    pq.write_table(pa.table({"text": [OWN], "label": [-1]}), unlabelled)
    files.append(embedding(data).vectors_file(make_data(folder, tmp_path / "cache")))
    unlabelled.unlink()
    files.append(embedding(data).vectors_file(make_data(folder, tmp_path / "cache")))
    assert len(set(files)) == 4


def test_the_table_begins_with_what_was_learned(data):
    made = embedding(data)
    facts = made.initialise(data, seed=1)
    learned = read_vectors(Path(facts["source"]), 6)
    word = data.vocabulary.index("scene")
    assert (
        made.table.weight[word].tolist() == learned.vectors[learned.words.index("scene")].tolist()
    )
    assert facts["coverage"]["tokens"] > 0.9


def test_learning_that_fails_leaves_nothing(data, monkeypatch):
    monkeypatch.setattr(word2vec.os, "fsync", lambda handle: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        embedding(data).vectors_file(data)
    assert [p.suffix for p in (data.cache / "word2vec").iterdir()] == [".lock"]


def test_without_gensim_it_says_what_to_install(data, monkeypatch):
    monkeypatch.setitem(sys.modules, "gensim.models", None)
    with pytest.raises(UserError, match=r"pip install 'rnn_sentiment\[word2vec\]'"):
        embedding(data).initialise(data, seed=1)


def test_words_must_occur_often_enough(data):
    with pytest.raises(UserError, match=r"embedding\.min_count=1000000"):
        embedding(data, min_count=1_000_000).initialise(data, seed=1)
