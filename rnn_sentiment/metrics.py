"""Metrics of probabilities: `(B,)` for two classes, `(B, C)` for more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import torch
from pydantic.dataclasses import dataclass
from torch import Tensor
from torchmetrics import Accuracy, CalibrationError, F1Score, Metric, MetricCollection
from torchmetrics.classification import BinaryAUROC, BinaryStatScores, MulticlassAUROC
from torchmetrics.utilities.data import dim_zero_cat

from rnn_sentiment.errors import UserError

CALIBRATION_BINS = 15  # Guo et al. (2017)


@dataclass(frozen=True)
class Judgement:
    """How a run is judged: the section `metrics` of a configuration.

    Args:
        positive: of two classes, the one whose F1 is stated, by name; None for the second.
        best: what the best epoch has the best value of.
    """

    positive: str | int | None = None
    best: Literal[
        "val/accuracy", "val/macro_f1", "val/f1", "val/auroc", "val/calibration_error", "val/loss"
    ] = "val/accuracy"

    def positive_label(self, labels: tuple[str, ...]) -> int:
        """The label, 0 or 1, whose F1 is stated.

        Raises:
            UserError: there is no such class, or there are more than two.
        """
        if self.positive is None:
            return 1
        if len(labels) > 2:
            raise UserError(
                f"metrics.positive={self.positive}: with {len(labels)} classes F1 is the mean over "
                "all of them; leave it out"
            )
        if str(self.positive) not in labels:
            raise UserError(
                f"metrics.positive={self.positive} is none of the classes {', '.join(labels)}"
            )
        return labels.index(str(self.positive))


class ClassF1(BinaryStatScores):
    """F1 of one of two classes, or the unweighted mean of both.

    Args:
        of: label of the class; None for the mean.
    """

    def __init__(self, of: Literal[0, 1] | None) -> None:
        super().__init__()
        self.of = of

    def compute(self) -> Tensor:
        """2 hits / (answers + rows), 0 where there are neither."""
        hits, false, rejected, missed = self._final_state()
        both = torch.stack([rejected, hits]).float()
        found = 2 * both / (2 * both + (false + missed)).clamp(min=1)
        return found.mean() if self.of is None else found[self.of]


class TwoClassAUROC(BinaryAUROC):
    """AUROC of label 1, NaN without rows of both classes."""

    def compute(self) -> Tensor:  # type: ignore[override]
        """AUROC, or NaN."""
        if num_seen(self.target) < 2:
            return torch.full((), torch.nan, device=self.device)
        found: Tensor = super().compute()
        return found


class ManyClassAUROC(MulticlassAUROC):
    """Unweighted mean of the AUROC of each class against the rest, NaN without rows of each."""

    def compute(self) -> Tensor:  # type: ignore[override]
        """AUROC, or NaN."""
        if num_seen(self.target) < self.num_classes:
            return torch.full((), torch.nan, device=self.device)
        found: Tensor = super().compute()
        return found


def num_seen(labels: Any) -> int:
    """Different labels in the state of a metric."""
    return len(torch.unique(dim_zero_cat(labels)))


def make_accuracy(num_classes: int) -> Metric:
    """Share of rows whose likeliest class is right."""
    if num_classes == 2:
        return Accuracy(task="binary")
    return Accuracy(task="multiclass", num_classes=num_classes, average="micro")


def make_metrics(num_classes: int, prefix: str = "", positive: int = 1) -> MetricCollection:
    """Accuracy, F1, macro F1, AUROC and expected calibration error.

    Macro F1 is the unweighted mean over classes. F1 is that of the class `positive` where there
    are two, and macro F1 where there are more. AUROC is NaN where a class has no row.
    """
    metrics: dict[str, Metric | MetricCollection] = {"accuracy": make_accuracy(num_classes)}
    if num_classes == 2:
        metrics |= {
            "f1": ClassF1(1 if positive else 0),
            "macro_f1": ClassF1(None),
            "auroc": TwoClassAUROC(),
            "calibration_error": CalibrationError(task="binary", n_bins=CALIBRATION_BINS),
        }
    else:
        kind: dict[str, Any] = {"task": "multiclass", "num_classes": num_classes}
        metrics |= {
            "f1": F1Score(**kind, average="macro"),
            "macro_f1": F1Score(**kind, average="macro"),
            "auroc": ManyClassAUROC(num_classes),
            "calibration_error": CalibrationError(**kind, n_bins=CALIBRATION_BINS),
        }
    return MetricCollection(metrics, prefix=prefix, compute_groups=False)


def as_scores(values: Mapping[str, Tensor]) -> dict[str, float | None]:
    """Values of metrics as plain numbers, None where one is undefined."""
    return {name: None if value.isnan() else float(value) for name, value in values.items()}
