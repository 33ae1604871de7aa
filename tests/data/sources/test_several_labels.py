"""Several labels a text: however a file says them, they give one corpus."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnn_sentiment.data.corpus import Corpus
from rnn_sentiment.data.parquet import write_part
from rnn_sentiment.data.sources import HubSource
from rnn_sentiment.data.sources.layout import Layout
from rnn_sentiment.errors import UserError
from rnn_sentiment.outcome import AnyOf
from tests.data.sources.files import load, write

NAMES = ["art", "law", "war"]
ROWS = [("paint", ["art"]), ("judge", ["law"]), ("tank", []), ("court", ["war", "law"]), ("", [])]


def flags(names: list[str] = NAMES) -> list[tuple[Any, ...]]:
    return [(text, *(int(name in own) for name in names)) for text, own in ROWS]


def read(corpus: Corpus) -> list[tuple[str, set[str]]]:
    outcome = AnyOf(len(corpus.labels))
    return [
        (text, {corpus.labels[i] for i in outcome.numbers(number)})
        for texts, numbers in corpus.read("train")
        for text, number in zip(texts, numbers, strict=True)
    ]


@pytest.fixture(scope="module")
def corpora(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Corpus]:
    folder = tmp_path_factory.mktemp("files")
    cache = folder / "cache"
    listed = [(text, "; ".join(own)) for text, own in ROWS]
    write(folder / "f.csv", flags(), ("text", *NAMES))
    write(folder / "c.csv", listed)
    return {
        "JSON": load(write(folder / "l.jsonl", ROWS), cache),
        "parquet": load(write(folder / "l.parquet", ROWS), cache),
        "text": load(folder / "c.csv", cache, layout=Layout(label_separator=";")),
        "columns": load(folder / "f.csv", cache, label_column=NAMES),
    }


def test_every_way_to_say_labels_gives_one_corpus(corpora):
    for corpus in corpora.values():
        assert corpus.several
        assert corpus.labels == tuple(NAMES)
        assert read(corpus) == [(text, set(own)) for text, own in ROWS]
    (fingerprint,) = {str(corpus.fingerprint()) for corpus in corpora.values()}
    assert corpora["JSON"].fingerprint().train.labels == (1, 2, 1)
    assert corpora["JSON"].fingerprint().train.rows == len(ROWS)
    assert fingerprint


def test_columns_give_the_order_of_labels(tmp_path):
    turned = NAMES[::-1]
    file = write(tmp_path / "f.csv", flags(turned), ("text", *turned))
    corpus = load(file, tmp_path / "cache", label_column=turned)
    assert corpus.labels == tuple(turned)
    assert read(corpus) == [(text, set(own)) for text, own in ROWS]


def test_a_folder_of_the_hubs_with_lists_is_read_in_place(tmp_path):
    rows = iter([("a b", [2, 0]), ("c", [])])
    write_part(tmp_path / "train-0.parquet", rows, NAMES, several=True)
    corpus = load(tmp_path, tmp_path / "cache")
    assert corpus.folder == tmp_path
    assert read(corpus) == [("a b", {"art", "war"}), ("c", set())]


def test_numbers_in_lists_are_read_by_the_names_given(tmp_path):
    file = write(tmp_path / "r.jsonl", [("a", [0, 2]), ("b", [1])])
    corpus = load(file, tmp_path / "cache", labels=NAMES)
    assert read(corpus) == [("a", {"art", "war"}), ("b", {"law"})]


@pytest.mark.parametrize("value", [2, "yes", "", 0.5, -1])
def test_a_column_of_flags_holds_nothing_else(value, tmp_path):
    file = write(tmp_path / "r.csv", [("a", 1, 0), ("b", value, 0)], ("text", "art", "law"))
    with pytest.raises(UserError, match=r"line 3: art is .*; a column of .* 1\nwhere|says 1 where"):
        load(file, tmp_path / "cache", label_column=["art", "law"])


@pytest.mark.parametrize("value", ["1.0", "True", " 1 "])
def test_flags_are_written_in_several_ways(value, tmp_path):
    file = write(tmp_path / "r.csv", [("a", value, "0.0"), ("b", 0, "false")], ("text", "x", "y"))
    corpus = load(file, tmp_path / "cache", label_column=["x", "y"])
    assert read(corpus) == [("a", {"x"}), ("b", set())]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([("a", ["x"]), ("b", "y")], "line 2: label is 'y'; write a list of labels"),
        ([("a", "x"), ("b", ["y"])], r"line 2: label is \['y'\]; write one class"),
        ([("a", ["x"]), ("b", [None])], "line 2: label is None, not a class"),
        ([("a", []), ("b", [])], "no text has a label"),
        ([(f"t{i}", [f"l{i}"] * 3) for i in range(64)] * 2, "64 labels, .* at most 63"),
    ],
)
def test_lists_that_cannot_be_used_are_one_line(rows, expected, tmp_path):
    file = write(tmp_path / "r.jsonl", rows)
    with pytest.raises(UserError, match=expected):
        load(file, tmp_path / "cache")
    assert not list((tmp_path / "cache").rglob("*.parquet"))


def test_a_number_that_is_no_label_is_named(tmp_path):
    write_part(tmp_path / "train-0.parquet", iter([("a", [0]), ("b", [3])]), NAMES, several=True)
    with pytest.raises(UserError, match=r"row 1: label is \[3\], expected a list .* from 0 to 2"):
        Corpus(tmp_path, tuple(NAMES), several=True).fingerprint()


def test_the_hub_has_one_column_of_labels():
    with pytest.raises(ValueError, match="one column is read"):
        HubSource("a/b", label_column=NAMES)


def test_the_store_keeps_the_numbers(corpora, tmp_path: Path):
    from rnn_sentiment.data.store import open_or_build
    from rnn_sentiment.data.tokenizer import WordTokenizer

    corpus = corpora["columns"]
    store = open_or_build(tmp_path, corpus.fingerprint(), WordTokenizer(), corpus)
    assert store is not None
    assert np.asarray(store.parts["train"].labels).tolist() == [0b001, 0b010, 0, 0b110, 0]
