"""Files of one's own: every format read the same, every bad row named, nothing half-written."""

from __future__ import annotations

import csv
import gzip
import json
import zlib
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rnn_sentiment.data.corpus import Corpus
from rnn_sentiment.data.sources import formats
from rnn_sentiment.data.sources.importing import import_files
from rnn_sentiment.data.sources.path import open_folder
from rnn_sentiment.data.splits import split_rows
from rnn_sentiment.errors import UserError

ROWS = [
    ("Great, \"truly\" great.\nSecond line", "good"),
    ("A mess; tab\there", "bad"),
    ("So-so, été ☃", "middling"),
    ("", "bad"),
    ("fine " * 500, "good"),
]  # fmt: skip


def write(path: Path, rows: list[tuple[Any, Any]], columns: tuple[str, ...] = ("text", "label")):
    """Write rows in the format of the file's name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    name = path.name.removesuffix(".gz")
    if name.endswith((".csv", ".tsv")):
        opened = gzip.open if path.suffix == ".gz" else open
        with opened(path, "wt", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, delimiter="\t" if name.endswith(".tsv") else ",")
            writer.writerows([columns, *rows])
    elif name.endswith(".jsonl"):
        lines = [json.dumps(dict(zip(columns, row, strict=True))) for row in rows]
        path.write_text("\n".join(lines) + "\n")
    else:
        table = {c: list(v) for c, v in zip(columns, zip(*rows, strict=True), strict=True)}
        pq.write_table(pa.table(table), path)
    return path


def load(path: Path, cache: Path, **options: Any) -> Corpus:
    arguments = {"text_column": "text", "label_column": "label", "labels": None, **options}
    return open_folder(path, cache, **arguments)


def rows_of(corpus: Corpus, part: str = "train") -> list[tuple[str, str]]:
    return [
        (text, corpus.labels[label])
        for texts, labels in corpus.read(part)
        for text, label in zip(texts, labels, strict=True)
    ]


@pytest.mark.parametrize("name", ["r.csv", "r.tsv", "r.jsonl", "r.parquet", "r.csv.gz"])
def test_every_format_gives_the_same_rows(name, tmp_path):
    corpus = load(write(tmp_path / name, ROWS), tmp_path / "cache")
    assert corpus.labels == ("bad", "good", "middling")
    assert rows_of(corpus) == ROWS
    assert corpus.parts == ["train"]


def test_a_folder_of_text_files_per_class_is_read_as_in_aclimdb(tmp_path):
    for part, label, text in [
        ("train", "pos", "good"), ("train", "neg", "bad"), ("train", "unsup", "who knows"),
        ("test", "pos", "fine"), ("test", "neg", "poor"),
    ]:  # fmt: skip
        folder = tmp_path / "aclImdb" / part / label
        folder.mkdir(parents=True)
        (folder / "0_9.txt").write_text(text)
    (tmp_path / "aclImdb" / "README").write_text("not a review")
    (tmp_path / "aclImdb" / "train" / "labeledBow.feat").write_text("0 9:1")
    corpus = load(tmp_path / "aclImdb", tmp_path / "cache")
    assert corpus.labels == ("neg", "pos")
    assert rows_of(corpus) == [("bad", "neg"), ("good", "pos")]
    assert rows_of(corpus, "test") == [("poor", "neg"), ("fine", "pos")]
    assert [t for texts, _ in corpus.read("unsupervised") for t in texts] == ["who knows"]


def test_a_folder_of_classes_without_parts_is_the_train_part(tmp_path):
    for label in ("sport", "art", "law"):
        (tmp_path / "news" / label).mkdir(parents=True)
        (tmp_path / "news" / label / "a.txt").write_text(f"about {label}")
    corpus = load(tmp_path / "news", tmp_path / "cache")
    assert corpus.labels == ("art", "law", "sport")
    assert corpus.parts == ["train"]


def test_parts_are_told_by_names(tmp_path):
    for name in ("train-1.csv", "train-2.csv", "dev.csv", "test.jsonl"):
        write(tmp_path / "c" / name, ROWS)
    corpus = load(tmp_path / "c", tmp_path / "cache")
    assert corpus.parts == ["train", "validation", "test"]
    assert len(rows_of(corpus)) == 2 * len(ROWS)


def test_other_columns_and_declared_classes(tmp_path):
    file = write(tmp_path / "r.csv", [("1", "no", "x"), ("2", "yes", "y")], ("id", "stars", "body"))
    corpus = load(
        file, tmp_path / "c", text_column="body", label_column="stars", labels=["yes", "no"]
    )
    assert corpus.labels == ("yes", "no")
    assert rows_of(corpus) == [("x", "no"), ("y", "yes")]


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        ([10, 9, 1], ("1", "9", "10")),
        (["10", "9", "1"], ("1", "9", "10")),
        ([1.0, 0.0, 1.0], ("0", "1")),
        ([-1, 1, -1], ("-1", "1")),
        ([True, False, True], ("False", "True")),
        (["b", " a ", "a"], ("a", "b")),
    ],
)
def test_classes_are_ordered_numbers_by_value_and_names_by_alphabet(tmp_path, labels, names):
    rows = [(f"text {i}", label) for i, label in enumerate([*labels, *labels])]
    assert load(write(tmp_path / "r.jsonl", rows), tmp_path / "c").labels == names


GOOD = [("fine", "1"), ("poor", "0")]
BAD_FILES = {
    "missing": (lambda f: None, "r.csv", "no file and no folder"),
    "empty": (lambda f: f.write_bytes(b""), "r.csv", "no column 'text'; it has none"),
    "header only": (lambda f: write(f, []), "r.csv", "has no rows"),
    "empty json": (lambda f: f.write_bytes(b""), "r.jsonl", "has no rows"),
    "other columns": (lambda f: write(f, GOOD, ("a", "b")), "r.csv", "no column 'text'; it has a"),
    "no label column": (
        lambda f: write(f, GOOD, ("text", "b")), "r.csv", "no column 'label'; it has text, b",
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
    "no label": (lambda f: f.write_text("text,label\na,1\nb,\n"), "r.csv", "line 3: label is ''"),
    "nan label": (lambda f: f.write_text("text,label\na,NaN\n"), "r.csv", "line 2: label is 'NaN'"),
    "single class": (lambda f: write(f, [("a", 1), ("b", 1)]), "r.csv", "the single class '1'"),
    "too many classes": (
        lambda f: write(f, [(f"t{i}", f"id{i}") for i in range(200)]), "r.csv", "200 different",
    ),
    "null text": (lambda f: write(f, [("a", 1), (None, 0)]), "r.jsonl", "line 2: text is None"),
    "number text": (lambda f: write(f, [("a", 1), (7, 0)]), "r.jsonl", "line 2: text is 7"),
    "null label": (lambda f: write(f, [("a", 1), ("b", None)]), "r.jsonl", "line 2: label is None"),
    "list label": (lambda f: write(f, [("a", 1), ("b", [0])]), "r.jsonl", "line 2: label is [0]"),
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
        lambda f: write(f, [("a", "0"), ("b", "1"), ("c", "0.0")]), "r.csv", "looks like '0' of",
    ),
    "class with an invisible character": (
        lambda f: write(f, [("a", "neg"), ("b", "pos\u200b"), ("c", "pos")]), "r.csv", "looks like",
    ),
    "other suffix": (lambda f: f.write_text("x"), "r.docx", "none of .csv, .tsv, .jsonl"),
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


def test_the_declared_classes_are_those_of_the_label_column(tmp_path):
    features = {
        name: {"names": names, "_type": "ClassLabel"}
        for name, names in (("label", ["neg", "pos"]), ("stars", ["few", "some", "many"]))
    }
    table = pa.table({"text": ["a", "b", "c"], "label": [0, 1, 1], "stars": [2, 0, 1]})
    metadata = {"huggingface": json.dumps({"info": {"features": features}})}
    pq.write_table(table.replace_schema_metadata(metadata), tmp_path / "train.parquet")
    corpus = load(tmp_path / "train.parquet", tmp_path / "c", label_column="stars")
    assert corpus.labels == ("few", "some", "many")
    assert rows_of(corpus) == [("a", "many"), ("b", "few"), ("c", "some")]


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


def test_line_ends_byte_order_marks_and_blank_lines_do_no_harm(tmp_path):
    file = tmp_path / "r.csv"
    file.write_bytes("\ufefftext,label\r\nfine,1\r\n\r\npoor,0\r\n".encode())
    assert rows_of(load(file, tmp_path / "c")) == [("fine", "1"), ("poor", "0")]


def test_an_import_is_kept_until_a_file_changes(tmp_path):
    file = write(tmp_path / "r.csv", GOOD)
    first = load(file, tmp_path / "c")
    assert load(file, tmp_path / "c") == first
    write(file, [*GOOD, ("more", "1")])
    assert len(rows_of(load(file, tmp_path / "c"))) == 3


@pytest.mark.fault("b15")
def test_a_review_of_ten_megabytes_is_only_long(tmp_path):
    long = "word " * 2_000_000
    file = write(tmp_path / "r.csv", [(long, "1"), ("poor", "0")])
    assert rows_of(load(file, tmp_path / "c"))[0] == (long, "1")


@given(
    st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\r\0")), min_size=2,
             max_size=20),
    st.sampled_from(["r.csv", "r.tsv", "r.jsonl", "r.parquet"]),
)  # fmt: skip
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_any_text_survives_every_format(tmp_path, texts, name):
    rows = [(text, str(i % 2)) for i, text in enumerate(texts)]
    folder = tmp_path / f"{zlib.crc32(repr((texts, name)).encode())}"
    corpus = import_files(
        write(folder / name, rows), folder / "cache", "text", "label", labels=["0", "1"]
    )
    assert rows_of(corpus) == rows


class Part:
    def __init__(self, hashes: Any) -> None:
        self.hashes = hashes


@given(
    st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=60),
    st.floats(0.01, 0.5),
    st.floats(0.01, 0.45),
    st.sets(st.sampled_from(["validation", "test"])),
)
def test_parts_are_split_off_without_loss_and_equal_texts_stay_together(
    values, validation, test, present
):
    import numpy as np

    hashes = np.array(values, np.uint64)
    parts = {"train": Part(hashes)} | {name: Part(hashes[:1]) for name in present}
    rows = split_rows(parts, validation, test)
    from_train = [positions for part, positions in rows.values() if part == "train"]
    assert sorted(np.concatenate(from_train).tolist()) == list(range(len(values)))
    sides = [set(hashes[positions].tolist()) for positions in from_train]
    assert sum(map(len, sides)) == len(set(values))
    for name in present:
        assert rows[name][0] == name
