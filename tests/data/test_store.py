"""The token store: faithful, rebuilt when damaged, built once by runs that start together."""

from __future__ import annotations

import json
import multiprocessing
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from rnn_sentiment.data.corpus import Corpus
from rnn_sentiment.data.rows import text_hash
from rnn_sentiment.data.sources.demo_reviews import LABELS
from rnn_sentiment.data.store import TokenStore, open_or_build
from rnn_sentiment.data.tokenizer import UNKNOWN_ID, WordTokenizer

SETTINGS = WordTokenizer(vocabulary_size=500)


def build(corpus: Path, cache: Path, settings: WordTokenizer = SETTINGS) -> TokenStore:
    found = Corpus(corpus, LABELS)
    store = open_or_build(cache, found.fingerprint(), settings, found)
    assert store is not None
    return store


def arrays(store: TokenStore) -> list[np.ndarray]:
    return [np.array(a) for split in store.parts.values() for a in vars(split).values()]


def test_rows_decode_to_their_texts(corpus, tmp_path):
    from tokenizers import Tokenizer

    store = build(corpus, tmp_path)
    tokenizer = Tokenizer.from_file(str(store.tokenizer_file))
    texts = [text for batch, _ in Corpus(corpus, LABELS).read("test") for text in batch]
    labels = [label for _, batch in Corpus(corpus, LABELS).read("test") for label in batch]
    assert store.parts["test"].labels.tolist() == labels
    assert store.parts["test"].hashes.tolist() == [text_hash(text) for text in texts]
    for row, text in enumerate(texts):
        start, end = store.parts["test"].offsets[row : row + 2]
        assert store.parts["test"].tokens[start:end].tolist() == tokenizer.encode(text).ids
    tokens = store.parts["test"].tokens
    assert store.parts["test"].unknown.sum() == (tokens == UNKNOWN_ID).sum()
    assert tokens.dtype == np.uint16
    assert len(store.vocabulary) == 500
    assert store.vocabulary[:2] == ["<pad>", "<unk>"]


def test_the_vocabulary_comes_from_the_train_part_alone(corpus, tmp_path):
    changed = tmp_path / "changed" / "plain_text"
    changed.mkdir(parents=True)
    for file in corpus.rglob("*.parquet"):
        table = pq.read_table(file)
        if "test" in file.name:
            table = table.set_column(0, "text", [["zzzunheard " * 9] * len(table)])
        pq.write_table(table, changed / file.name)
    other = build(changed.parent, tmp_path)
    assert other.vocabulary == build(corpus, tmp_path).vocabulary
    assert set(np.asarray(other.parts["test"].tokens)) == {UNKNOWN_ID}


def test_a_store_is_opened_again_and_keyed_by_corpus_and_tokenizer(corpus, tmp_path):
    store = build(corpus, tmp_path)
    changed = store.tokenizer_file.stat().st_mtime_ns
    again = open_or_build(tmp_path, Corpus(corpus, LABELS).fingerprint(), SETTINGS, corpus=None)
    assert again is not None
    assert again.folder == store.folder
    assert again.tokenizer_file.stat().st_mtime_ns == changed
    assert build(corpus, tmp_path, WordTokenizer(vocabulary_size=400)).folder != store.folder
    assert (
        open_or_build(
            tmp_path, Corpus(corpus, LABELS).fingerprint(), WordTokenizer(450), corpus=None
        )
        is None
    )


@pytest.mark.slow
@pytest.mark.fault("a14")
@pytest.mark.parametrize(
    "name", ["train.tokens.npy", "test.labels.npy", "tokenizer.json", "meta.json"]
)
@pytest.mark.parametrize("damage", ["flip", "cut", "delete"])
def test_a_damaged_store_is_built_again(corpus, tmp_path, caplog, name, damage):
    store = build(corpus, tmp_path)
    before = arrays(store)
    file = store.folder / name
    contents = bytearray(file.read_bytes())
    if damage == "flip":
        contents[len(contents) // 2] ^= 0xFF
        file.write_bytes(bytes(contents))
    elif damage == "cut":
        file.write_bytes(bytes(contents[:-7]))
    else:
        file.unlink()
    for old, new in zip(before, arrays(build(corpus, tmp_path)), strict=True):
        np.testing.assert_array_equal(old, new)
    assert "is damaged" in caplog.text


def test_a_build_that_fails_leaves_nothing_to_read(corpus, tmp_path, monkeypatch):
    monkeypatch.setattr(json, "dumps", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        build(corpus, tmp_path)
    monkeypatch.undo()
    assert not any(p.is_dir() for p in (tmp_path / "tokens").glob("*"))


def _build_and_sum(corpus: Path, cache: Path) -> int:
    return int(build(corpus, cache).parts["train"].tokens.sum())


def test_runs_that_start_together_build_one_good_store(corpus, tmp_path):
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        sums = pool.starmap(_build_and_sum, [(corpus, tmp_path)] * 2)
    assert sums == [_build_and_sum(corpus, tmp_path)] * 2
    assert len([p for p in (tmp_path / "tokens").iterdir() if p.is_dir()]) == 1


def test_row_ids_do_not_depend_on_the_order_of_rows(corpus, tmp_path):
    file = next(corpus.rglob("test-*.parquet"))
    table = pq.read_table(file)
    doubled = np.r_[np.arange(len(table)), 0, 0, 1]  # texts that stand twice and thrice
    ids = {}
    for name, order in (("forward", doubled), ("backward", doubled[::-1])):
        folder = tmp_path / name / "plain_text"
        folder.mkdir(parents=True)
        pq.write_table(pq.read_table(next(corpus.rglob("train-*"))), folder / "train-0.parquet")
        pq.write_table(table.take(order), folder / "test-0.parquet")
        store = build(folder.parent, tmp_path)
        ids[name] = dict(
            zip(store.parts["test"].row_ids(), store.parts["test"].labels.tolist(), strict=True)
        )
    assert ids["forward"] == ids["backward"]
    assert len(ids["forward"]) == len(doubled)
