"""What a corpus is, and what is said of one that is not."""

from __future__ import annotations

import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rnn_sentiment.data.corpus import Corpus
from rnn_sentiment.data.fingerprint import IMDB, Fingerprint
from rnn_sentiment.errors import UserError
from tests.data.modules import make_data

ROWS = [("good", 1), ("bad", 0), ("good", 1), ("fair", 0)]


def write(folder: Path, train: list[tuple[object, object]] = ROWS, files: int = 1) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for split, rows in (("train", train), ("test", ROWS[:2])):
        for part in range(files):
            texts, labels = zip(*rows[part::files], strict=True)
            table = pa.table({"text": list(texts), "label": list(labels)})
            pq.write_table(table, folder / f"{split}-{part:05}-of-{files:05}.parquet")
    return folder


def fingerprint(folder: Path) -> Fingerprint:
    return Corpus(folder, ("negative", "positive")).fingerprint()


def read(folder: Path, part: str) -> list[object]:
    return list(Corpus(folder, ("negative", "positive")).read(part))


def test_the_fingerprint_ignores_order_files_and_folders_but_not_contents(tmp_path):
    same = fingerprint(write(tmp_path / "a"))
    assert fingerprint(write(tmp_path / "b", ROWS[::-1])) == same
    assert fingerprint(write(tmp_path / "c" / "plain_text", files=2).parent) == same
    others = [
        [("good", 1), ("bad", 0), ("good", 1), ("fair.", 0)],
        [("good", 0), ("bad", 1), ("good", 1), ("fair", 0)],
        ROWS[:3],
        [("good", 1), ("bad", 0), ("fair", 1), ("fair", 0)],
    ]
    found = [fingerprint(write(tmp_path / f"o{i}", rows)) for i, rows in enumerate(others)]
    assert len({str(f) for f in [same, *found]}) == len(others) + 1
    assert all(f.differences(same) for f in found)
    assert not same.differences(same)


def test_a_fingerprint_survives_json():
    assert Fingerprint.from_dict(IMDB.to_dict()) == IMDB


@pytest.mark.fault("b6", "b7", "b8", "b10")
@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([("good", 1), (None, 0)], "row 1: text is None, not a string"),
        ([("good", 1), ("bad", 2)], "row 1: label is 2, expected 0 or 1"),
        ([("good", -1), ("bad", 0)], "row 0: label is -1, expected 0 or 1"),
        ([("good", None), ("bad", 0)], "row 0: label is None, expected 0 or 1"),
        ([(7, 1), (8, 0)], "row 0: text is 7, not a string"),
        ([("good", 1), ("a\0b", 0)], "row 1: text holds a NUL byte"),
    ],
)
def test_a_bad_row_is_named(tmp_path, rows, expected):
    folder = write(tmp_path, rows)
    with pytest.raises(UserError, match=expected) as error:
        list(read(folder, "train"))
    assert "train-00000-of-00001.parquet" in str(error.value)


@pytest.mark.fault("a13", "b1", "b4", "b14")
def test_missing_and_damaged_files_are_named(tmp_path):
    with pytest.raises(UserError, match="has no train part"):
        fingerprint(tmp_path)
    file = write(tmp_path) / "train-00000-of-00001.parquet"
    file.write_bytes(file.read_bytes()[:-20])
    with pytest.raises(UserError, match=r"train-.*cannot be read"):
        list(read(tmp_path, "train"))
    pq.write_table(pa.table({"review": ["good"], "label": [1]}), file)
    with pytest.raises(UserError, match="expected parquet with the columns text and label"):
        list(read(tmp_path, "train"))


def test_another_corpus_is_refused_with_what_differs(tmp_path):
    folder = write(tmp_path / "corpus")
    with pytest.raises(UserError, match="train has 4 rows, expected 25,000") as error:
        make_data(folder, tmp_path / "cache", fingerprint="imdb")
    assert "data.fingerprint=null" in str(error.value)


def test_the_validation_part_is_chosen_by_text_alone(tmp_path, corpus):
    def held_out(folder: Path) -> set[int]:
        data = make_data(folder, tmp_path / "cache")
        assert data.store is not None
        hashes = data.store.parts["train"].hashes
        assert sorted([*data.train_set.rows, *data.validation_set.rows]) == list(range(len(hashes)))
        assert not set(hashes[data.train_set.rows]) & set(hashes[data.validation_set.rows])
        return set(hashes[data.validation_set.rows].tolist())

    table = pq.read_table(next(corpus.rglob("train-*.parquet")))
    rows = list(zip(table["text"].to_pylist(), table["label"].to_pylist(), strict=True))
    before = held_out(write(tmp_path / "forward", rows))
    assert 0.05 < len(before) / len(rows) < 0.16
    assert held_out(write(tmp_path / "backward", rows[::-1])) == before
    assert held_out(write(tmp_path / "half", rows[::2])) <= before


def test_a_split_without_rows_on_one_side_is_refused(tmp_path):
    folder = write(tmp_path / "corpus")
    with pytest.raises(UserError, match="no text left"):
        make_data(folder, tmp_path / "cache", validation_fraction=1e-9)


@pytest.mark.real
def test_the_real_corpus_is_recognised(tmp_path):
    folder = os.environ.get("RNN_SENTIMENT_IMDB")
    if not folder:
        pytest.skip("RNN_SENTIMENT_IMDB names no folder with the real corpus")
    assert fingerprint(Path(folder)) == IMDB
