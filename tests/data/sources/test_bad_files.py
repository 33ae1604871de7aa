"""Files that cannot be used: one line that names them, and nothing is left behind."""

from __future__ import annotations

import gzip

import pytest

from rnn_sentiment.data.sources import formats
from rnn_sentiment.errors import UserError
from tests.data.sources.files import GOOD, ROWS, load, rows_of, write

BAD_FILES = {
    "missing": (lambda f: None, "r.csv", "neither a file nor a folder"),
    "empty": (lambda f: f.write_bytes(b""), "r.csv", "no column 'text'; it has none"),
    "header only": (lambda f: write(f, []), "r.csv", "has no rows"),
    "empty json": (lambda f: f.write_bytes(b""), "r.jsonl", "has no rows"),
    "other columns": (lambda f: write(f, GOOD, ("a", "b")), "r.csv", "no column 'text'; it has a"),
    "no label column": (
        lambda f: write(f, GOOD, ("text", "b")), "r.csv",
        "no column 'label'; it has text, b (choose with label_column= or, to train, data.label_col",
    ),
    "nul": (lambda f: write(f, [("a", 1), ("b\0c", 0)]), "r.csv", "line 3: text holds a NUL byte"),
    "nul in json": (lambda f: write(f, [("a", 1), ("\0", 0)]), "r.jsonl", "line 2: text holds a"),
    "nul in a class": (lambda f: write(f, [("a", 1), ("b", "\0")]), "r.jsonl", "label holds a NUL"),
    "nul in parquet": (
        lambda f: write(f, [("a", "x"), ("\0", "y")]), "r.parquet", "row 1: text holds a NUL",
    ),
    "magic": (lambda f: f.write_bytes(b"PARX" + bytes(100)), "r.parquet", "cannot be read"),
    "column twice": (
        lambda f: f.write_text("text,label,text\na,1,b\n"), "r.csv", "more than one column 'text'",
    ),
    "short row": (lambda f: f.write_text("text,label\na,1\nb\n"), "r.csv", "line 3: 1 fields"),
    "long row": (lambda f: f.write_text("text,label\na,b,1\n"), "r.csv", "line 2: 3 fields"),
    "open quote": (lambda f: f.write_text('text,label\na,1\n"b,0\n'), "r.csv", "line 3: unexp"),
    "not utf-8": (
        lambda f: f.write_bytes(b"text,label\na,1\n\xff\xfe,0\n"), "r.csv", "line 3: text is not v",
    ),
    "header not utf-8": (
        lambda f: f.write_bytes(b"text,cat\xe9gorie\na,1\n"), "r.csv",
        "the header is not valid UTF-8; name its encoding",
    ),
    "no label": (lambda f: f.write_text("text,label\na,1\nb,\n"), "r.csv", "line 3: label is ''"),
    "nan label": (
        lambda f: write(f, [("a", 1), ("b", "NaN"), ("c", 0)]), "r.csv",
        "line 3: the label is 'NaN', as programs write a missing one",
    ),
    "single class": (lambda f: write(f, [("a", 1), ("b", 1)]), "r.csv", "the single class '1'"),
    "too many classes": (
        lambda f: write(f, [(f"t{i}", f"id{i}") for i in range(200)]), "r.csv", "200 different",
    ),
    "null text": (lambda f: write(f, [("a", 1), (None, 0)]), "r.jsonl", "line 2: text is None"),
    "number text": (lambda f: write(f, [("a", 1), (7, 0)]), "r.jsonl", "line 2: text is 7"),
    "null label": (lambda f: write(f, [("a", 1), ("b", None)]), "r.jsonl", "line 2: label is None"),
    "list label": (
        lambda f: write(f, [("a", 1), ("b", [0])]), "r.jsonl", "is ['0']; write one class, as",
    ),
    "fraction label": (lambda f: write(f, [("a", 0.5)]), "r.jsonl", "line 1: label is 0.5"),
    "cut json": (
        lambda f: f.write_text('{"text": "a", "label": 1}\n{"text": "b", "la'), "r.jsonl", "line 2",
    ),
    "json list": (lambda f: f.write_text("[1]\n"), "r.jsonl", "line 1: not a JSON object"),
    "json without text": (
        lambda f: f.write_text('{"label": 1}\n'), "r.jsonl", "line 1: no column 'text'",
    ),
    "json key twice": (
        lambda f: f.write_text('{"text": "a", "text": "b", "label": 1}\n'), "r.jsonl", "twice",
    ),
    "broken footer": (
        lambda f: write(f, GOOD) and f.write_bytes(f.read_bytes()[:-9]), "r.parquet", "parquet",
    ),
    "parquet null": (lambda f: write(f, [("a", 1), (None, 0)]), "r.parquet", "row 1: text is None"),
    "cut gzip": (
        lambda f: write(f, ROWS) and f.write_bytes(f.read_bytes()[:-12]), "r.csv.gz", "r.csv.gz",
    ),
    "not gzip": (lambda f: f.write_text("text,label\n"), "r.csv.gz", "r.csv.gz"),
    "deep json": (lambda f: f.write_text("[" * 100_000 + "\n"), "r.jsonl", "nested too deeply"),
    "label not utf-8": (
        lambda f: f.write_bytes(b"text,label\na,1\nb,\xff\n"), "r.csv", "line 3: label is not v",
    ),
    "classes by case": (
        lambda f: write(f, [("a", "neg"), ("b", "pos"), ("c", "NEG")]), "r.csv",
        "line 4: the class 'NEG' looks like 'neg' of",
    ),
    "classes by number": (
        lambda f: write(f, [("a", "0"), ("b", "1"), ("c", "00")]), "r.csv", "looks like '0' of",
    ),
    "class that is a text": (
        lambda f: write(f, [("a", "x" * 300), ("b", "y")]), "r.csv", "too long for the name of",
    ),
    "class of control characters": (
        lambda f: write(f, [("a", "\x1b[31m")]), "r.csv", r"the single class '\x1b[31m'",
    ),
    "binary": (lambda f: f.write_bytes(bytes(range(256)) * 4), "r.csv", "holds a NUL byte"),
    "cut array": (
        lambda f: f.write_text('[{"text": "a", "label": 1},\n{"text": "b", "la'),
        "r.json", "line 2: not a JSON object",
    ),
    "array without commas": (
        lambda f: f.write_text('[{"text": "a", "label": 1}\n{"text": "b", "label": 0}]'),
        "r.json", "line 2: not a JSON object (] is expected, not {)",
    ),
    "array and more": (
        lambda f: f.write_text('[{"text": "a", "label": 1}]\n7'), "r.json", "nothing is expected",
    ),
    "array of texts": (lambda f: f.write_text('["a", "b"]'), "r.json", "line 1: not a JSON object"),
    "array with null": (
        lambda f: f.write_text('[{"text": "a", "label": 1},\n\n{"text": null, "label": 1}]'),
        "r.json", "line 3: text is None",
    ),
    "two labels": (
        lambda f: f.write_text("__label__a x\n__label__b __label__a y\n"), "r.txt",
        "line 2: more than one class",
    ),
    "no label before a text": (
        lambda f: f.write_text("__label__a x\nplain\n"), "r.txt", "line 2: no class",
    ),
    "bomb": (
        lambda f: f.write_bytes(gzip.compress(bytes(100 * 2**20))),
        "r.csv.gz", "refused, it unpacks to over 100 times its size",
    ),
    "class with an invisible character": (
        lambda f: write(f, [("a", "neg"), ("b", "pos\u200b"), ("c", "pos")]), "r.csv", "looks like",
    ),
    "other suffix": (lambda f: f.write_text("x"), "r.docx", "none of .csv, .tsv, .jsonl"),
    "plain text": (lambda f: f.write_text("x"), "r.txt", "does not begin with __label__"),
    "long name": (lambda f: None, "x" * 300 + ".csv", "cannot be read"),
    "empty folder": (lambda f: f.mkdir(), "r", "has no train part"),
}  # fmt: skip


ROWS_OF_THE_BATTERY = {
    "missing": pytest.mark.fault("b1"),
    "empty": pytest.mark.fault("b2"),
    "empty json": pytest.mark.fault("b2"),
    "header only": pytest.mark.fault("b3"),
    "other columns": pytest.mark.fault("b4"),
    "json without text": pytest.mark.fault("b4"),
    "no label column": pytest.mark.fault("b5"),
    "nan label": pytest.mark.fault("b6"),
    "null label": pytest.mark.fault("b6"),
    "fraction label": pytest.mark.fault("b6"),
    "null text": pytest.mark.fault("b7"),
    "parquet null": pytest.mark.fault("b7"),
    "number text": pytest.mark.fault("b8"),
    "not utf-8": pytest.mark.fault("b9"),
    "label not utf-8": pytest.mark.fault("b9"),
    "nul": pytest.mark.fault("b10"),
    "nul in json": pytest.mark.fault("b10"),
    "nul in a class": pytest.mark.fault("b10"),
    "nul in parquet": pytest.mark.fault("b10"),
    "single class": pytest.mark.fault("b11"),
    "column twice": pytest.mark.fault("b13"),
    "json key twice": pytest.mark.fault("b13"),
    "magic": pytest.mark.fault("b14"),
    "broken footer": pytest.mark.fault("b14"),
    "deep json": pytest.mark.fault("d6"),
}


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=ROWS_OF_THE_BATTERY.get(name, ())) for name in BAD_FILES],
)
def test_a_bad_file_is_named_in_one_line_and_leaves_nothing(name, tmp_path):
    damage, file, expected = BAD_FILES[name]
    damage(tmp_path / file)
    with pytest.raises(UserError) as error:
        load(tmp_path / file, tmp_path / "cache")
    assert expected in str(error.value)
    assert str(tmp_path / file) in str(error.value)
    assert "\n" not in str(error.value)
    assert [p for p in (tmp_path / "cache").rglob("*") if p.suffix != ".lock" and p.is_file()] == []


def test_classes_that_look_alike_can_be_declared(tmp_path):
    file = write(tmp_path / "r.csv", [("a", "US"), ("b", "us")])
    corpus = load(file, tmp_path / "cache", labels=["US", "us"])
    assert rows_of(corpus) == [("a", "US"), ("b", "us")]


@pytest.mark.parametrize("file", ["r.csv", "r.jsonl", "r.parquet"])
def test_classes_that_read_as_missing_values_can_be_declared(tmp_path, file):
    rows = [("a", "null"), ("b", "NaN"), ("c", "none"), ("d", "true"), ("e", "1e5")]
    write(tmp_path / file, rows)
    corpus = load(tmp_path / file, tmp_path / "cache", labels=[label for _, label in rows])
    assert rows_of(corpus) == rows


def test_a_text_that_would_fill_the_memory_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(formats, "LONGEST", 1000)
    for name in ("r.parquet", "r.jsonl"):
        file = write(tmp_path / name, [("fine", "1"), ("long " * 300, "0")])
        with pytest.raises(UserError, match=r"(row 1|line 2) is longer than"):
            load(file, tmp_path / "c")
    for label in ("a", "b"):
        (tmp_path / "d" / label).mkdir(parents=True)
        (tmp_path / "d" / label / "1.txt").write_text("long " * 300)
    with pytest.raises(UserError, match=r"1\.txt is longer than"):
        load(tmp_path / "d", tmp_path / "c")


@pytest.mark.fault("b6")
def test_a_class_outside_the_declared_ones_is_named(tmp_path):
    write(tmp_path / "c" / "train.csv", GOOD)
    write(tmp_path / "c" / "test.csv", [*GOOD, ("odd", "2")])
    with pytest.raises(UserError, match=r"test.csv line 4: the class '2' is none of 0, 1"):
        load(tmp_path / "c", tmp_path / "cache")


def test_a_text_file_that_is_not_utf8_is_named(tmp_path):
    for label in ("a", "b"):
        (tmp_path / "c" / label).mkdir(parents=True)
        (tmp_path / "c" / label / "1.txt").write_bytes(b"caf\xe9")
    with pytest.raises(UserError, match=r"1\.txt is not valid UTF-8 \(byte 3\)"):
        load(tmp_path / "c", tmp_path / "cache")
