"""Files as people have them: other delimiters, encodings and formats give the same rows."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from rnn_sentiment.data.parquet import write_part
from rnn_sentiment.data.sources import json_rows
from rnn_sentiment.data.sources.layout import Layout
from rnn_sentiment.errors import UserError
from tests.data.sources.files import load, rows_of, write
from tests.data.sources.odd_files import OBJECTS, ROWS, SAID, SEEN


@pytest.mark.parametrize("name", SEEN)
def test_what_can_be_seen_in_a_file_need_not_be_said(name, tmp_path):
    file, contents = SEEN[name]
    (tmp_path / file).write_bytes(contents)
    corpus = load(tmp_path / file, tmp_path / "cache")
    assert rows_of(corpus) == ROWS
    assert corpus.labels == ("bad", "good")


@pytest.mark.parametrize("name", SAID)
def test_what_cannot_be_seen_can_be_said(name, tmp_path):
    contents, layout = SAID[name]
    (tmp_path / "r.csv").write_bytes(contents)
    assert rows_of(load(tmp_path / "r.csv", tmp_path / "cache", layout=layout)) == ROWS


def test_a_file_that_is_said_to_be_different_is_read_again(tmp_path):
    (tmp_path / "r.csv").write_bytes("text,label\né,a\nö,b\n".encode("cp1252"))
    found = {
        encoding: rows_of(load(tmp_path / "r.csv", tmp_path, layout=Layout(encoding=encoding)))
        for encoding in ("cp1252", "cp437")
    }
    assert found["cp1252"] == [("é", "a"), ("ö", "b")] != found["cp437"]


def test_an_encoding_that_does_not_fit_is_one_line(tmp_path):
    (tmp_path / "r.csv").write_bytes("text,label\né,a\n".encode("latin-1"))
    with pytest.raises(UserError, match=r"line 2: text is not valid UTF-8; name its encoding"):
        load(tmp_path / "r.csv", tmp_path / "cache")
    with pytest.raises(UserError, match=r"r\.csv line \d is not ascii; name the encoding"):
        load(tmp_path / "r.csv", tmp_path / "cache", layout=Layout(encoding="ascii"))
    with pytest.raises(ValueError, match="'latin-7x' is no encoding"):
        Layout(encoding="latin-7x")


def test_a_gzipped_parquet_file_is_read(tmp_path):
    file = write(tmp_path / "r.parquet", ROWS)
    (tmp_path / "r.parquet.gz").write_bytes(gzip.compress(file.read_bytes()))
    assert rows_of(load(tmp_path / "r.parquet.gz", tmp_path / "cache")) == ROWS


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_an_array_is_read_alike_in_blocks_of_any_size(size, tmp_path, monkeypatch):
    monkeypatch.setattr("rnn_sentiment.data.sources.text.BLOCK", size)
    (tmp_path / "r.json").write_text(json.dumps(OBJECTS, indent=1))
    assert rows_of(load(tmp_path / "r.json", tmp_path / "cache")) == ROWS


def test_a_row_of_an_array_has_a_bound(tmp_path, monkeypatch):
    monkeypatch.setattr(json_rows, "LONGEST", 100_000)
    (tmp_path / "r.json").write_text(json.dumps([*OBJECTS, {"text": "x" * 400_000, "label": "b"}]))
    with pytest.raises(UserError, match="line 1 is longer than"):
        load(tmp_path / "r.json", tmp_path / "cache")


@pytest.mark.parametrize(
    ("classes", "names"),
    [
        (["0", "0.0", "1.", "1"], ("0", "1")),
        (["none", "None", "some", "none"], None),
        (["none", "some"], ("none", "some")),
    ],
)
def test_a_number_is_one_class_and_none_is_a_class(classes, names, tmp_path):
    file = write(tmp_path / "r.csv", [(f"text {i}", label) for i, label in enumerate(classes)])
    if names is None:
        with pytest.raises(UserError, match="'None' looks like 'none'"):
            load(file, tmp_path / "cache")
    else:
        assert load(file, tmp_path / "cache").labels == names


def test_classes_may_be_declared_with_a_point(tmp_path):
    file = write(tmp_path / "r.csv", [("a", "1.0"), ("b", "0"), ("c", "0.0")])
    corpus = load(file, tmp_path / "cache", labels=["0.0", "1.0"])
    assert rows_of(corpus) == [("a", "1.0"), ("b", "0.0"), ("c", "0.0")]


@pytest.mark.parametrize("name", ["test.csv", "test.jsonl", "test.parquet", "dev.csv"])
def test_a_part_without_labels_is_left_out_and_named(name, tmp_path, caplog):
    write(tmp_path / "c" / "train.csv", ROWS)
    test: Path = write(tmp_path / "c" / name, [("1", "who"), ("2", "knows")], ("id", "text"))
    assert load(tmp_path / "c", tmp_path / "cache").parts == ["train"]
    assert f"{test} has no column 'label', so it is left out" in caplog.text
    assert f"predict run=... file={test}" in caplog.text


def test_the_command_for_a_part_without_labels_says_how_it_is_read(tmp_path, caplog):
    write(tmp_path / "train.csv", ROWS, ("my text", "label"))
    write(tmp_path / "test.csv", [("1", "who")], ("id", "my text"))
    options = {"text_column": "my text", "layout": Layout(encoding="utf-8", delimiter=",")}
    load(tmp_path, tmp_path / "cache", **options)
    said = f"file={tmp_path}/test.csv 'text_column=my text' delimiter=, encoding=utf-8"
    assert f"predict run=... {said}" in caplog.text


def test_a_part_whose_labels_are_all_minus_one_is_left_out_as_well(tmp_path, caplog):
    for part, labels in (("train", [0, 1]), ("validation", [-1, 1]), ("test", [-1, -1])):
        rows = zip(("a fine film", "a dull one"), labels, strict=True)
        write_part(tmp_path / f"{part}-0.parquet", iter(rows), ["bad", "good"])
    corpus = load(tmp_path, tmp_path / "cache")
    assert corpus.folder == tmp_path
    assert corpus.parts == ["train", "validation"]
    assert "test-0.parquet has the label -1 in every row, so it is left out" in caplog.text
