"""The check before training finds what is planted in a corpus."""

from __future__ import annotations

from pathlib import Path

import pytest

from rnn_sentiment.data.batches import TokenDataset
from rnn_sentiment.data.parquet import write_part
from rnn_sentiment.data.tokenizer import WordTokenizer
from rnn_sentiment.inspection.corpus import unseen_share
from tests.conftest import Command
from tests.data.modules import make_data


def test_words_of_held_out_reviews_alone_are_counted_as_unseen(tmp_path):
    rows = [(f"shared own{i}", i % 2) for i in range(200)]
    write_part(tmp_path / "train-0.parquet", iter(rows), ["bad", "good"])
    data = make_data(tmp_path, tmp_path / "cache", WordTokenizer(1000))
    assert isinstance(data.train_set, TokenDataset)
    for held_out in (data.validation_set, data.test_set):
        assert isinstance(held_out, TokenDataset)
        assert held_out.unknown_share() == 0
        assert unseen_share(data.train_set, held_out) == 0.5
    assert unseen_share(data.train_set, data.train_set) == 0
    assert "whole train part, validation and test included" in str(data.vocabulary_source)


@pytest.mark.slow
@pytest.mark.fault("b12")
def test_the_check_says_what_will_be_trained_on_and_leaves_nothing(run: Command, tmp_path: Path):
    rows = [(f"review {'of many words ' * (i % 7)} number {i}", i % 2) for i in range(200)]
    (tmp_path / "c").mkdir()
    write_part(tmp_path / "c" / "train-0.parquet", iter(rows), ["bad", "good"])
    test = [(f"another {i}", i % 2) for i in range(50)] + rows[:5] + [("", 0), (rows[7][0], 0)]
    write_part(tmp_path / "c" / "test-0.parquet", iter(test), ["bad", "good"])
    done = run("check", "data=text_files", "data.path=c", "model=bag", "data.max_length=9")
    assert done.returncode == 0, done.stderr
    out = " ".join(done.stdout.split())
    for expected in (
        "c, fingerprint", "training texts: batches of 16", "bad", "good",
        "longer than 9 tokens", "unknown tokens", "tokens of no training text",
        "without a known word",
        "equal texts with different labels: 1", "leakage:", "data.deduplicate=true", "one epoch:",
    ):  # fmt: skip
        assert expected in out, expected
    assert out.count(" tokens, ") >= 3
    assert sorted(p.name for p in tmp_path.iterdir()) == ["c"]


@pytest.mark.slow
def test_the_check_refuses_what_training_refuses(run: Command):
    done = run("check", "data=text_files", "data.path=nowhere.csv")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
