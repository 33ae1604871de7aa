"""Texts that repeat, and those that leak from one part into another."""

from __future__ import annotations

import numpy as np
import pytest

from rnn_sentiment.inspection.overlap import find_overlap


@pytest.mark.fault("b12")
def test_overlap_counts_repeats_shared_and_mixed_texts():
    def rows(hashes: list[int], labels: list[int]) -> tuple[np.ndarray, np.ndarray]:
        return np.array(hashes, np.uint64), np.array(labels)

    found = find_overlap(
        {"train": rows([1, 1, 2, 3], [0, 0, 1, 1]), "test": rows([3, 4, 4, 4], [0, 1, 1, 1])}
    )
    assert found.repeated == {"train": 1, "test": 2}
    assert found.shared == {("train", "test"): 1}
    assert found.mixed == 1
