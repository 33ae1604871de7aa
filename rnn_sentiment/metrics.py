"""Losses and metrics of logits: `(B,)` for two classes, `(B, C)` for more."""

from __future__ import annotations

from typing import Any

from torch import Tensor
from torch.nn import functional as F
from torchmetrics import AUROC, Accuracy, CalibrationError, F1Score, Metric, MetricCollection

CALIBRATION_BINS = 15  # Guo et al. (2017)


def num_logits(num_classes: int) -> int:
    """Outputs of the head: two classes need one logit, positive where label 1 is likelier."""
    return 1 if num_classes == 2 else num_classes


def losses(logits: Tensor, labels: Tensor) -> Tensor:
    """Cross-entropy of each row in nats: `(B,)`."""
    if logits.dim() == 1:
        return F.binary_cross_entropy_with_logits(logits, labels.float(), reduction="none")
    return F.cross_entropy(logits, labels, reduction="none")


def probabilities(logits: Tensor) -> Tensor:
    """Probability of label 1, `(B,)`, for two classes; of each class, `(B, C)`, for more.

    Metrics get these: torchmetrics takes logits that all happen to lie in 0..1 for probabilities.
    """
    return logits.sigmoid() if logits.dim() == 1 else logits.softmax(1)


def predicted(probabilities: Tensor) -> Tensor:
    """The likeliest class: `(B,)` int64."""
    return (probabilities >= 0.5).long() if probabilities.dim() == 1 else probabilities.argmax(1)


def make_accuracy(num_classes: int) -> Metric:
    """Share of rows whose likeliest class is right."""
    if num_classes == 2:
        return Accuracy(task="binary")
    return Accuracy(task="multiclass", num_classes=num_classes, average="micro")


def make_metrics(num_classes: int, prefix: str = "") -> MetricCollection:
    """Accuracy, F1, AUROC and expected calibration error.

    F1 is that of label 1 where there are two classes; with more, F1 and AUROC (one against the
    rest) are unweighted means over classes.
    """
    kind: dict[str, Any]
    if num_classes == 2:
        kind = {"task": "binary"}
    else:
        kind = {"task": "multiclass", "num_classes": num_classes}
    metrics: dict[str, Metric | MetricCollection] = {
        "accuracy": make_accuracy(num_classes),
        "f1": F1Score(**kind, average="macro"),
        "auroc": AUROC(**kind),
        "calibration_error": CalibrationError(**kind, n_bins=CALIBRATION_BINS),
    }
    return MetricCollection(metrics, prefix=prefix, compute_groups=False)
