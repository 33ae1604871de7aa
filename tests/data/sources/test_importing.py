"""Files of one's own: every format read the same, every bad row named, nothing half-written."""

from __future__ import annotations

import json
import zlib
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rnn_sentiment.data.sources.importing import import_files
from rnn_sentiment.data.splits import Splits, split_rows
from tests.data.sources.files import GOOD, ROWS, load, rows_of, write


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


@pytest.mark.slow
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
    splits = Splits(validation_fraction=validation, test_fraction=test)
    rows = split_rows(parts, *splits.cuts(parts))
    from_train = [positions for part, positions in rows.values() if part == "train"]
    assert sorted(np.concatenate(from_train).tolist()) == list(range(len(values)))
    sides = [set(hashes[positions].tolist()) for positions in from_train]
    assert sum(map(len, sides)) == len(set(values))
    for name in present:
        assert rows[name][0] == name
