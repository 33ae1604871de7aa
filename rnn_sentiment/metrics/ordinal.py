"""Metrics of classes that have an order: how far off answers are."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torchmetrics.classification import MulticlassConfusionMatrix

from rnn_sentiment.outcome import OneOf


class OrderedConfusion(MulticlassConfusionMatrix):
    """A confusion matrix of classes that stand at places on a scale.

    Args:
        outcome: what is said of a text.
        places: (C,) of the classes, for example 1 to 5 stars.
    """

    def __init__(self, outcome: OneOf, places: Sequence[int]) -> None:
        super().__init__(outcome.num_classes)
        self.outcome = outcome
        self.places = places

    def update(self, preds: Tensor, target: Tensor) -> None:
        """Count the rows of a batch."""
        super().update(self.outcome.predicted(preds), target)

    def apart(self) -> Tensor:
        """How far each class is from each: `(C, C)`."""
        places = torch.tensor(self.places, dtype=torch.double, device=self.device)
        return (places[:, None] - places).abs()


class OrdinalMeanAbsoluteError(OrderedConfusion):
    """How far the likeliest class is from the right one, on average."""

    def compute(self) -> Tensor:
        """The mean over rows."""
        counts = super().compute().double()
        return (self.apart() * counts).sum() / counts.sum()


class QuadraticKappa(OrderedConfusion):
    """Cohen's kappa (1968) with the squared distance for a weight: 1 is right, 0 is chance.

    NaN where all texts have, and get, one class.
    """

    def compute(self) -> Tensor:
        """Kappa."""
        counts, weights = super().compute().double(), self.apart() ** 2
        by_chance = counts.sum(1)[:, None] * counts.sum(0) / counts.sum()
        return 1 - (weights * counts).sum() / (weights * by_chance).sum()
