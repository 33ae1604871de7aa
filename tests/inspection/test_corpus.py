"""The check before training finds what is planted in a corpus."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rnn_sentiment.data.parquet import write_part
from rnn_sentiment.inspection.corpus import find_overlap
from tests.conftest import Command


def test_overlap_counts_repeats_shared_and_mixed_texts():
    def rows(hashes: list[int], labels: list[int]) -> tuple[np.ndarray, np.ndarray]:
        return np.array(hashes, np.uint64), np.array(labels)

    found = find_overlap(
        {"train": rows([1, 1, 2, 3], [0, 0, 1, 1]), "test": rows([3, 4, 4, 4], [0, 1, 1, 1])}
    )
    assert found.repeated == {"train": 1, "test": 2}
    assert found.shared == {("train", "test"): 1}
    assert found.mixed == 1


@pytest.mark.slow
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
        "bad", "good", "longer than 9 tokens", "unknown tokens", "without a known word",
        "texts with more than one label: 1", "leakage:", "data.deduplicate=true", "one epoch:",
    ):  # fmt: skip
        assert expected in out, expected
    assert out.count(" tokens, ") >= 3
    assert sorted(p.name for p in tmp_path.iterdir()) == ["c"]


@pytest.mark.slow
def test_the_check_refuses_what_training_refuses(run: Command):
    done = run("check", "data=text_files", "data.path=nowhere.csv")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
