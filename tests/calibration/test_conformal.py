"""Prediction sets hold the right class as often as they promise, whatever the model."""

from __future__ import annotations

import numpy as np
import pytest

from rnn_sentiment.calibration import Sets
from rnn_sentiment.calibration.checks import by_class_and_length
from rnn_sentiment.calibration.conformal import least_probability
from rnn_sentiment.outcome import OneOf


def poor_model(random: np.random.Generator, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities of four classes that have little to do with the labels."""
    labels = random.integers(0, 4, size)
    logits = random.normal(0, 2, (size, 4))
    logits[np.arange(size), labels] += 1
    shares = np.exp(logits)
    return shares / shares.sum(1, keepdims=True), labels


@pytest.mark.parametrize("coverage", [0.7, 0.9])
def test_fresh_rows_are_covered_as_promised_and_not_much_more(coverage):
    random = np.random.default_rng(0)
    covered = []
    for _ in range(300):
        bound = least_probability(*poor_model(random, 99), coverage)
        probabilities, labels = poor_model(random, 200)
        covered.append((probabilities[np.arange(200), labels] >= bound).mean())
    error = np.std(covered) / len(covered) ** 0.5
    assert coverage - 3 * error <= np.mean(covered) <= coverage + 0.01 + 3 * error


def test_the_bound_is_the_probability_that_enough_rows_reach():
    right = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9])
    probabilities = np.stack([right, 1 - right], axis=1)
    labels = np.zeros(9, int)
    assert least_probability(probabilities, labels, 0.45) == 0.5
    assert least_probability(probabilities, labels, 0.85) == 0.1
    assert least_probability(probabilities, labels, 0.95) == 0  # nine rows promise 90 % at most


def test_groups_are_all_classes_and_fifths_by_length():
    random = np.random.default_rng(1)
    probabilities, labels = poor_model(random, 200)
    sets = Sets(coverage=0.9, probability=0.2)
    groups = by_class_and_length(
        sets, probabilities, labels, np.arange(200), OneOf(4), ("a", "b", "c", "d")
    )
    inside = probabilities >= 0.2
    held = inside[np.arange(200), labels]
    assert [group["rows_of"] for group in groups[:5]] == ["all", "a", "b", "c", "d"]
    assert groups[0]["covered"] == held.mean()
    assert groups[0]["size"] == inside.sum(1).mean()
    assert groups[2]["covered"] == held[labels == 1].mean()
    assert [group["rows_of"] for group in groups[5:7]] == ["0 to 39 tokens", "40 to 79 tokens"]
    assert groups[6]["right"] == (probabilities.argmax(1) == labels)[40:80].mean()


def test_fifths_with_texts_of_the_same_length_are_one_group():
    lengths = np.repeat([3, 9, 9, 9, 20], 20)
    shares = np.full((100, 2), 0.5)
    groups = by_class_and_length(None, shares, np.zeros(100, int), lengths, OneOf(2), ("a", "b"))
    sizes = [(group["rows_of"], group["rows"]) for group in groups[2:]]
    assert sizes == [("3 tokens", 20), ("9 tokens", 60), ("20 tokens", 20)]
