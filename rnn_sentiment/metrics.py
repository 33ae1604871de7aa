"""Metrics of probabilities: `(B,)` for two classes, `(B, C)` for more."""

from __future__ import annotations

from typing import Any

from torchmetrics import AUROC, Accuracy, CalibrationError, F1Score, Metric, MetricCollection

CALIBRATION_BINS = 15  # Guo et al. (2017)


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
