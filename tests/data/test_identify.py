"""A corpus is known again by its bytes, wherever it lies and whatever its times say."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from rnn_sentiment.data.corpus import Corpus
from rnn_sentiment.data.identify import identify
from rnn_sentiment.data.parquet import write_part
from rnn_sentiment.errors import UserError

ROWS = [("good", 1), ("bad", 0), ("good", 1), ("fair", 0)]


def write(folder: Path, rows: list[tuple[str, int]] = ROWS) -> Corpus:
    folder.mkdir(exist_ok=True)
    for part in ("train", "test"):
        write_part(folder / f"{part}-0.parquet", iter(rows), ["no", "yes"])
    return Corpus(folder, ("no", "yes"))


@pytest.fixture
def counted(monkeypatch):
    """How often a corpus was read to identify it."""
    found: list[Path] = []
    original = Corpus.fingerprint
    monkeypatch.setattr(Corpus, "fingerprint", lambda c: found.append(c.folder) or original(c))
    return found


def test_a_corpus_is_read_once_also_when_it_moves(tmp_path, counted):
    first = identify(write(tmp_path / "a"), tmp_path)
    assert identify(write(tmp_path / "a"), tmp_path) == first
    assert identify(write(tmp_path / "b"), tmp_path) == first
    assert len(counted) == 1
    assert identify(write(tmp_path / "c", ROWS[:3]), tmp_path) != first


def test_other_contents_of_the_same_size_and_time_are_seen(tmp_path):
    corpus = write(tmp_path / "a")
    file = tmp_path / "a" / "train-0.parquet"
    before, status = identify(corpus, tmp_path), file.stat()
    write(tmp_path / "a", [(text.replace("good", "gone"), label) for text, label in ROWS])
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert file.stat().st_size == status.st_size
    assert identify(corpus, tmp_path) != before


@pytest.mark.fault("a14")
def test_a_flipped_bit_is_never_another_text(tmp_path):
    corpus = write(tmp_path / "a", [(f"text {i} {'word ' * (i % 9)}", i % 2) for i in range(300)])
    file = tmp_path / "a" / "train-0.parquet"
    contents, expected = file.read_bytes(), identify(corpus, tmp_path)
    for place in random.Random(0).sample(range(len(contents)), 60):
        damaged = bytearray(contents)
        damaged[place] ^= 1 << place % 8
        file.write_bytes(damaged)
        try:
            found = identify(corpus, tmp_path)
        except UserError as error:
            found, line = expected, str(error)
            assert str(file) in line
        assert found == expected  # the bit decides nothing that is read


@pytest.mark.parametrize("damage", ["", "{}", "[]", "flip"])
def test_a_damaged_memo_is_not_believed(tmp_path, counted, caplog, damage):
    corpus = write(tmp_path / "a")
    expected = identify(corpus, tmp_path)
    (memo,) = (tmp_path / "fingerprints").iterdir()
    text = memo.read_text()
    memo.write_text(text.replace('"rows": 4', '"rows": 5', 1) if damage == "flip" else damage)
    assert identify(corpus, tmp_path) == expected
    assert len(counted) == 2
    assert "Ignoring the damaged" in caplog.text
    assert memo.read_text() == text
