"""Metrics for ordered classes: how far off answers are."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torchmetrics.classification import MulticlassConfusionMatrix

from rnn_sentiment.outcome import OneOf


class OrderedConfusion(MulticlassConfusionMatrix):
    """A confusion matrix of classes that have positions on a scale.

    Args:
        outcome: how labels are interpreted.
        places: (C,) positions of the classes, for example 1 to 5 stars.
    """

    def __init__(self, outcome: OneOf, places: Sequence[int]) -> None:
        super().__init__(outcome.num_classes)
        self.outcome = outcome
        self.places = places

    def update(self, preds: Tensor, target: Tensor) -> None:
        """Count the rows of a batch."""
        super().update(self.outcome.predicted(preds), target)

    def apart(self) -> Tensor:
        """Distances between all pairs of classes: `(C, C)`."""
        places = torch.tensor(self.places, dtype=torch.double, device=self.device)
        return (places[:, None] - places).abs()


class OrdinalMeanAbsoluteError(OrderedConfusion):
    """Mean distance of the most likely class from the right one."""

    def compute(self) -> Tensor:
        """The mean over rows."""
        counts = super().compute().double()
        return (self.apart() * counts).sum() / counts.sum()


class QuadraticKappa(OrderedConfusion):
    """Cohen's kappa (1968), weighted by squared distances: 1 is perfect, 0 is chance.

    NaN if all texts have the same class and are answered with it.
    """

    def compute(self) -> Tensor:
        """Kappa."""
        counts, weights = super().compute().double(), self.apart() ** 2
        by_chance = counts.sum(1)[:, None] * counts.sum(0) / counts.sum()
        return 1 - (weights * counts).sum() / (weights * by_chance).sum()
