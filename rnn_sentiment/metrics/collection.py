"""The metrics of a run, given the probabilities and targets of an `Outcome`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor
from torchmetrics import Accuracy, CalibrationError, Metric, MetricCollection
from torchmetrics.classification import MultilabelExactMatch

from rnn_sentiment.judgement import DEFAULT_YARDSTICK, Yardstick
from rnn_sentiment.metrics.ordinal import OrdinalMeanAbsoluteError, QuadraticKappa
from rnn_sentiment.metrics.variants import (
    ClassF1,
    LabelAUROC,
    LabelCalibrationError,
    LabelF1,
    ManyClassAUROC,
    ManyClassF1,
    TwoClassAUROC,
)
from rnn_sentiment.outcome import AnyOf, OneOf, Outcome

CALIBRATION_BINS = 15  # Guo et al. (2017)


def make_accuracy(outcome: Outcome) -> Metric:
    """Share of rows whose most likely class, or all of whose labels, are right."""
    if isinstance(outcome, AnyOf):
        return MultilabelExactMatch(outcome.num_classes)
    if outcome.num_classes == 2:
        return Accuracy(task="binary")
    return Accuracy(task="multiclass", num_classes=outcome.num_classes, average="micro")


def make_metrics(outcome: Outcome, yardstick: Yardstick = DEFAULT_YARDSTICK) -> MetricCollection:
    """Accuracy, F1, macro F1, AUROC and expected calibration error.

    Macro F1 is the unweighted mean over the classes that have rows. With two classes, F1 is that of
    the yardstick's class; with more, it equals macro F1; with several labels, it is replaced by
    micro F1 over all decisions. F1 is NaN for a class without rows, and so is AUROC if any class
    has none.

    Args:
        outcome: how labels are interpreted.
        yardstick: what the scores depend on; its places add `OrdinalMeanAbsoluteError` and
            `QuadraticKappa`.
    """
    size = outcome.num_classes
    metrics: dict[str, Metric | MetricCollection] = {"accuracy": make_accuracy(outcome)}
    if isinstance(outcome, AnyOf):
        metrics |= {
            "micro_f1": LabelF1(size, "micro"),
            "macro_f1": LabelF1(size, "macro"),
            "auroc": LabelAUROC(size),
            "calibration_error": LabelCalibrationError(CALIBRATION_BINS),
        }
    elif size == 2:
        metrics |= {
            "f1": ClassF1(yardstick.positive),
            "macro_f1": ClassF1(None),
            "auroc": TwoClassAUROC(),
            "calibration_error": CalibrationError(task="binary", n_bins=CALIBRATION_BINS),
        }
    else:
        kind: dict[str, Any] = {"task": "multiclass", "num_classes": size}
        metrics |= {
            "f1": ManyClassF1(size),
            "macro_f1": ManyClassF1(size),
            "auroc": ManyClassAUROC(size),
            "calibration_error": CalibrationError(**kind, n_bins=CALIBRATION_BINS),
        }
    if yardstick.places is not None and isinstance(outcome, OneOf):
        metrics |= {
            "mean_absolute_error": OrdinalMeanAbsoluteError(outcome, yardstick.places),
            "quadratic_kappa": QuadraticKappa(outcome, yardstick.places),
        }
    return MetricCollection(metrics, compute_groups=False)


def as_scores(values: Mapping[str, Tensor]) -> dict[str, float | None]:
    """Convert metric values to plain numbers; None if undefined."""
    return {name: None if value.isnan() else float(value) for name, value in values.items()}
