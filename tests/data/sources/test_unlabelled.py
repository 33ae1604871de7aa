"""Texts without labels, from files and folders of any kind."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from rnn_sentiment.data.sources.unlabelled import open_unlabelled
from rnn_sentiment.errors import UserError

TEXTS = ["A quiet film.", "Two hours, I want back."]


def found(path: Path, tmp_path: Path) -> list[str]:
    corpus = open_unlabelled(path, tmp_path / "cache", "text")
    return [text for texts, _ in corpus.read("unsupervised") for text in texts]


FILES = {
    "texts.txt": b"A quiet film.\n\n  Two hours, I want back.\r\n",
    "texts": b"A quiet film.\nTwo hours, I want back.",
    "texts.txt.gz": gzip.compress(b"A quiet film.\nTwo hours, I want back.\n"),
    "texts.csv": b'text\nA quiet film.\n"Two hours, I want back."\n',
    "labelled.txt": b"__label__a A quiet film.\n__label__b Two hours, I want back.\n",
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_rows_or_of_lines(name, tmp_path):
    file = tmp_path / name
    file.write_bytes(FILES[name])
    assert found(file, tmp_path) == TEXTS


def test_a_folder_of_files_with_a_text_each(tmp_path):
    (tmp_path / "texts").mkdir()
    for number, text in enumerate(TEXTS):
        (tmp_path / "texts" / f"{number}.txt").write_text(text)
    assert found(tmp_path / "texts", tmp_path) == TEXTS


def test_what_is_no_text_is_named(tmp_path):
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n\xff\xfe\xfd")
    with pytest.raises(UserError, match=r"picture\.png line 1"):
        found(tmp_path / "picture.png", tmp_path)
    with pytest.raises(UserError, match=r"nowhere has no texts"):
        found(tmp_path / "nowhere", tmp_path)
