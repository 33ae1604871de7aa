"""Which files are which part, and what is refused instead of being read twice or not at all."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from rnn_sentiment.data.sources.finding import find
from rnn_sentiment.data.sources.path import open_folder
from rnn_sentiment.errors import UserError


def fill(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


def found(folder: Path) -> dict[str, list[str]]:
    return {
        part: [str(given.path.relative_to(folder)) for given in inputs]
        for part, inputs in find(folder).items()
    }


@pytest.mark.parametrize(
    ("names", "parts"),
    [
        (["train.csv", "test.csv"], {"train": ["train.csv"], "test": ["test.csv"]}),
        (
            ["imdb_train.csv", "imdb_test.csv"],
            {"train": ["imdb_train.csv"], "test": ["imdb_test.csv"]},
        ),
        (["train.csv", "imdb-dev.tsv"], {"train": ["train.csv"], "validation": ["imdb-dev.tsv"]}),
        (["train-test-split.csv"], {"train": ["train-test-split.csv"]}),
        (["a.csv", "b.jsonl"], {"train": ["a.csv", "b.jsonl"]}),
        (["reviews_test.csv"], {"train": ["reviews_test.csv"]}),
        (["train.csv", "._train.csv", ".DS_Store"], {"train": ["train.csv"]}),
        (["plain/train-0.parquet", "plain/test-0.parquet"],
         {"train": ["plain/train-0.parquet"], "test": ["plain/test-0.parquet"]}),
        (["imdb_train/pos/1.txt", "imdb_train/neg/1.txt", "imdb_train/unsup/1.txt"],
         {"train": ["imdb_train/neg", "imdb_train/pos"], "unsupervised": ["imdb_train/unsup"]}),
        (["unit_test/1.txt", "other/1.txt"], {"train": ["other", "unit_test"]}),
        (["train-1.csv", "train-2.jsonl"], {"train": ["train-1.csv", "train-2.jsonl"]}),
        (["my_train.csv", "my_test.csv"], {"train": ["my_train.csv"], "test": ["my_test.csv"]}),
        (["train/data.csv", "test/a.json", "test/b.json", "dev/._x.csv"],
         {"train": ["train/data.csv"], "test": ["test/a.json", "test/b.json"]}),
        (["train-books.csv", "train-films.csv"], {"train": ["train-books.csv", "train-films.csv"]}),
        (["pos/1.txt", "pos/._2.txt", "neg/1.txt", ".cache/x.txt"], {"train": ["neg", "pos"]}),
    ],
    ids=str,
)  # fmt: skip
def test_parts_are_told_by_the_words_in_names(tmp_path, names, parts):
    assert found(fill(tmp_path, *names)) == parts


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["train.csv", "train.jsonl"], "train.csv and .*train.jsonl seem to be one file"),
        (["train.csv", "train.csv.gz"], "train.csv and .*train.csv.gz seem to be one file"),
        (["reviews.csv", "reviews.parquet"], "would count twice"),
        (["reviews.csv", "reviews_test.csv"], "no file is named train; if that is reviews.csv"),
        (["my_train.csv", "my_train_backup.csv", "my_test.csv"],
         "my_train_backup.csv looks like a copy of my_train.csv"),
        (["train.csv", "train (1).csv"], r"train \(1\).csv looks like a copy"),
        (["old train.csv", "train.csv"], "old train.csv looks like a copy of train.csv"),
        (["test.csv"], "has no train part"),
        (["train.csv", "train.jsonl/x"], "train.jsonl is a folder, not a file"),
        (["x.csv/part-0.csv"], "x.csv is a folder, not a file"),
        (["pos/1.txt", "neg/2.txt/x"], "2.txt is a folder, not a file"),
    ],
    ids=str,
)  # fmt: skip
def test_what_would_be_read_wrongly_is_refused(tmp_path, names, expected):
    with pytest.raises(UserError, match=expected):
        [given.files for inputs in find(fill(tmp_path, *names)).values() for given in inputs]


@pytest.mark.parametrize(
    ("link", "target", "expected"),
    [
        ("x.csv", "x.csv", "x.csv is a broken link"),
        ("train.csv", "nowhere.csv", "train.csv is a broken link"),
        ("pos/2.txt", "nowhere.txt", "2.txt is a broken link"),
        ("again", ".", "again is a link to the folder that contains it"),
    ],
)
def test_links_that_lead_nowhere_or_back_are_named(tmp_path, link, target, expected):
    fill(tmp_path, "pos/1.txt", "neg/1.txt")
    (tmp_path / link).symlink_to(target)
    with pytest.raises(UserError, match=expected):
        [given.files for inputs in find(tmp_path).values() for given in inputs]


def test_links_to_files_elsewhere_are_files(tmp_path):
    fill(tmp_path, "store/a", "corpus/test.csv")
    (tmp_path / "corpus" / "train.csv").symlink_to("../store/a")
    assert set(find(tmp_path / "corpus")) == {"train", "test"}


def test_hidden_files_are_no_texts(tmp_path):
    fill(tmp_path, "pos/1.txt", "pos/._2.txt", "neg/1.txt")
    files = [
        file.name for inputs in find(tmp_path).values() for given in inputs for file in given.files
    ]
    assert files == ["1.txt", "1.txt"]


@pytest.mark.parametrize("name", ["train-0.csv", "train-0.parquet"])
def test_a_pipe_is_not_waited_for(tmp_path, name):
    os.mkfifo(tmp_path / name)
    with pytest.raises(UserError, match=f"{name} is not a regular file"):
        open_folder(tmp_path, tmp_path / "cache", "text", "label", None)


def test_a_folder_that_cannot_be_listed_is_one_line(tmp_path, monkeypatch):
    def refuse(folder: Path) -> list[Path]:
        raise PermissionError(errno.EACCES, "Permission denied", str(folder))

    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(UserError, match=r"corpus: cannot be read \(Permission denied\)$"):
        find(fill(tmp_path / "corpus", "train.csv"))
