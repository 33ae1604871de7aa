"""Metrics that torchmetrics lacks, or for which it returns 0 where they are undefined."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

import torch
from torch import Tensor
from torch.nn import Module
from torchmetrics import MeanMetric
from torchmetrics.classification import (
    BinaryAUROC,
    BinaryCalibrationError,
    BinaryStatScores,
    MulticlassAUROC,
    MulticlassStatScores,
    MultilabelAUROC,
    MultilabelStatScores,
)
from torchmetrics.utilities.data import dim_zero_cat

HALF = (torch.bfloat16, torch.float16)


class Mean(MeanMetric):
    """A mean in at least float32.

    `trainer.precision=bf16-true` converts metrics along with the network, and additions to a
    bfloat16 sum are soon lost to rounding.
    """

    def _apply(self, fn: Callable[..., Any], exclude_state: Sequence[str] = "") -> Module:
        """Convert, but not to half precision."""
        super()._apply(fn, exclude_state)
        if self.dtype in HALF or self.weight.dtype in HALF:
            self.set_dtype(torch.float32)
        return self


class ClassF1(BinaryStatScores):
    """F1 of one of two classes, or the unweighted mean over those that have rows.

    Args:
        of: label of the class; None for the mean.
    """

    def __init__(self, of: Literal[0, 1] | None) -> None:
        super().__init__()
        self.of = of

    def compute(self) -> Tensor:
        """F1, or NaN for a class without rows."""
        hits, false, rejected, missed = self._final_state()
        found = f1_scores(
            torch.stack([rejected, hits]),
            torch.stack([missed, false]),
            torch.stack([false, missed]),
        )
        return found.nanmean() if self.of is None else found[self.of]


class ManyClassF1(MulticlassStatScores):
    """Unweighted mean of F1 over the classes that have rows."""

    def compute(self) -> Tensor:
        """F1, or NaN without any rows."""
        hits, false, _, missed = self._final_state()
        return f1_scores(hits, false, missed).nanmean()


class LabelF1(MultilabelStatScores):
    """F1 of several labels; NaN if no row has any.

    Args:
        num_labels: number of labels.
        of: `micro` for all decisions together, or `macro` for the unweighted mean over the labels
            that have rows.
    """

    def __init__(self, num_labels: int, of: Literal["micro", "macro"]) -> None:
        super().__init__(num_labels)
        self.of = of

    def compute(self) -> Tensor:
        """F1, or NaN."""
        hits, false, _, missed = self._final_state()
        if self.of == "micro":
            return f1_scores(hits.sum(), false.sum(), missed.sum())
        return f1_scores(hits, false, missed).nanmean()


class TwoClassAUROC(BinaryAUROC):
    """AUROC of label 1; NaN without rows of both classes."""

    def compute(self) -> Tensor:  # type: ignore[override]
        """AUROC, or NaN."""
        if num_seen(self.target) < 2:
            return torch.full((), torch.nan, device=self.device)
        return within_one(super().compute())


class ManyClassAUROC(MulticlassAUROC):
    """Unweighted mean of each class's AUROC against the rest; NaN if a class has no rows."""

    def compute(self) -> Tensor:  # type: ignore[override]
        """AUROC, or NaN."""
        if num_seen(self.target) < self.num_classes:
            return torch.full((), torch.nan, device=self.device)
        return within_one(super().compute())


class LabelAUROC(MultilabelAUROC):
    """Unweighted mean of each label's AUROC; NaN if some label is on all rows or on none."""

    def compute(self) -> Tensor:  # type: ignore[override]
        """AUROC, or NaN."""
        targets = dim_zero_cat(self.target)
        if (targets == targets[0]).all(0).any():
            return torch.full((), torch.nan, device=self.device)
        return within_one(super().compute())


class LabelCalibrationError(BinaryCalibrationError):
    """Expected calibration error over the decisions about all labels."""

    def update(self, preds: Tensor, target: Tensor) -> None:
        """Update with probabilities and targets `(B, C)`."""
        super().update(preds.flatten(), target.flatten())


def f1_scores(hits: Tensor, false: Tensor, missed: Tensor) -> Tensor:
    """F1 from counts of any shape: true positives, false positives and false negatives.

    NaN for a class without rows, even if it was answered: that is a mistake about the row's class.
    """
    found = 2 * hits / (2 * hits + false + missed)
    return found.where(hits + missed > 0, torch.nan)


def within_one(area: Tensor) -> Tensor:
    """Clip an area under a curve, which rounding in single precision can push past 1."""
    return area.clamp(max=1)


def num_seen(labels: Any) -> int:
    """Number of distinct labels in the state of a metric."""
    return len(torch.unique(dim_zero_cat(labels)))
