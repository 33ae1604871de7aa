"""A store is of the corpus that was taken, not of the one that was asked for."""

from __future__ import annotations

from pathlib import Path

from rnn_sentiment.data import AutoSource, Reading, ReviewDataModule, Splits, WordTokenizer
from rnn_sentiment.data.corpus import Corpus
from rnn_sentiment.data.sources.demo_reviews import LABELS
from rnn_sentiment.data.store import open_or_build


def test_a_run_that_needs_texts_takes_the_store_of_the_corpus_that_has_them(
    corpus: Path, tmp_path: Path, monkeypatch
):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    asked, tokenizer = Corpus(corpus, LABELS), WordTokenizer(500)
    expected = asked.fingerprint()
    monkeypatch.setattr("rnn_sentiment.data.sources.source.IMDB", expected)
    open_or_build(tmp_path, expected, tokenizer, asked)  # of a corpus that is gone by now
    further = tmp_path / "further.txt"
    further.write_text("a text that is new\nand another one\n")
    source = AutoSource(sizes=(300, 100), labels=list(LABELS))
    data = ReviewDataModule(
        tokenizer, source, Reading(), Splits(), str(tmp_path),
        unlabelled=str(further), unlabelled_batch_size=2,
    )  # fmt: skip
    data.setup()
    assert data.source.fallback
    assert data.corpus is not None
    assert data.store is not None
    assert data.store.fingerprint == data.corpus.fingerprint() != expected
