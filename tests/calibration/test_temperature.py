"""The temperature undoes what made logits too sure, and changes no answer."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from rnn_sentiment.calibration.fitting import Aims, fit
from rnn_sentiment.calibration.temperature import HOTTEST, fit_temperature
from rnn_sentiment.outcome import OneOf


def sample(num_classes: int, size: int = 20_000) -> tuple[torch.Tensor, torch.Tensor]:
    """Logits whose probabilities are right, and labels drawn from them."""
    random = np.random.default_rng(num_classes)
    logits = torch.tensor(random.normal(0, 2, size if num_classes == 2 else (size, num_classes)))
    shares = OneOf(num_classes).class_probabilities(logits).numpy()
    labels = (random.random((size, 1)) > shares.cumsum(1)).sum(1)
    return logits, torch.tensor(labels)


@pytest.mark.parametrize("num_classes", [2, 5])
@pytest.mark.parametrize("temperature", [0.4, 1.0, 3.0])
def test_it_is_found_again(num_classes, temperature):
    logits, labels = sample(num_classes)
    outcome = OneOf(num_classes)
    made = (logits * temperature).float()
    found = fit_temperature(made, labels, outcome)
    assert found == pytest.approx(temperature, rel=0.05)
    assert torch.equal(
        outcome.class_probabilities(made).argmax(1),
        outcome.class_probabilities(made / found).argmax(1),
    )


def test_no_other_temperature_has_a_smaller_loss():
    logits, labels = sample(2, 50)
    found = fit_temperature(logits, labels, OneOf(2))
    for other in (found * 0.99, found * 1.01, 1.0):
        assert (
            OneOf(2).losses(logits / found, labels).mean()
            <= OneOf(2).losses(logits / other, labels).mean()
        )


def test_rows_that_are_all_right_have_a_bounded_one():
    found = fit_temperature(torch.tensor([1.0, -2.0]), torch.tensor([1, 0]), OneOf(2))
    assert found == pytest.approx(1 / HOTTEST, rel=0.01)


@pytest.mark.parametrize(("mistakes", "said"), [(0, True), (5, False)])
def test_a_validation_part_without_a_mistake_is_warned_of(mistakes, said, caplog):
    labels = torch.arange(40) % 2
    logits = torch.where(labels == 1, 2.0, -2.0)
    logits[:mistakes] *= -1
    held_back = torch.zeros(40, dtype=torch.bool)
    fit(logits, labels, held_back, Aims(), OneOf(2), ("no", "yes"))
    assert ("the temperature reached its bound" in caplog.text) == said
