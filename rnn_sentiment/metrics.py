"""How answers are scored, given the probabilities and targets of an `Outcome`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic.dataclasses import dataclass
from torch import Tensor
from torchmetrics import Accuracy, CalibrationError, F1Score, Metric, MetricCollection
from torchmetrics.classification import MultilabelExactMatch, MultilabelF1Score

from rnn_sentiment.distances import Distance, QuadraticKappa, places
from rnn_sentiment.errors import UserError
from rnn_sentiment.outcome import AnyOf, OneOf, Outcome
from rnn_sentiment.own_metrics import (
    ClassF1,
    LabelAUROC,
    LabelCalibrationError,
    ManyClassAUROC,
    TwoClassAUROC,
)

CALIBRATION_BINS = 15  # Guo et al. (2017)


@dataclass(frozen=True)
class Judgement:
    """How a run is judged: the section `metrics` of a configuration.

    Args:
        positive: of two classes, the one whose F1 is stated, by name; None for the second.
        best: what the best epoch has the best value of.
        ordered: the classes have an order, and an answer counts by how far off it is.
    """

    positive: str | int | None = None
    best: Literal[
        "val/accuracy",
        "val/micro_f1",
        "val/macro_f1",
        "val/f1",
        "val/auroc",
        "val/mean_absolute_error",
        "val/quadratic_kappa",
        "val/calibration_error",
        "val/loss",
    ] = "val/accuracy"
    ordered: bool = False

    def positive_label(self, outcome: Outcome, names: Sequence[str]) -> int:
        """The label, 0 or 1, whose F1 is stated.

        Raises:
            UserError: there is no such class, or there are more than two.
        """
        if self.positive is None:
            return 1
        if outcome != OneOf(2):
            what = "classes" if isinstance(outcome, OneOf) else "labels"
            raise UserError(
                f"metrics.positive={self.positive}: with {len(names)} {what} F1 is the mean over "
                "all of them; leave it out"
            )
        if str(self.positive) not in names:
            raise UserError(
                f"metrics.positive={self.positive} is none of the classes {', '.join(names)}"
            )
        return names.index(str(self.positive))

    def metrics(
        self, outcome: Outcome, names: Sequence[str], in_order: bool = False
    ) -> MetricCollection:
        """The metrics of a run.

        Args:
            outcome: what is said of a text.
            names: of the classes.
            in_order: somebody gave the names in the order of the classes.

        Raises:
            UserError: a setting does not suit the classes.
        """
        of_classes = places(outcome, names, in_order) if self.ordered else None
        return make_metrics(outcome, self.positive_label(outcome, names), of_classes)


def make_accuracy(outcome: Outcome) -> Metric:
    """Share of rows whose likeliest class, or whose every label, is right."""
    if isinstance(outcome, AnyOf):
        return MultilabelExactMatch(outcome.num_classes)
    if outcome.num_classes == 2:
        return Accuracy(task="binary")
    return Accuracy(task="multiclass", num_classes=outcome.num_classes, average="micro")


def make_metrics(
    outcome: Outcome, positive: int = 1, places: Sequence[int] | None = None
) -> MetricCollection:
    """Accuracy, F1, macro F1, AUROC and expected calibration error.

    Macro F1 is the unweighted mean over classes. F1 is that of the class `positive` where there
    are two, and macro F1 where there are more; micro F1 of all decisions takes its place where
    texts have several labels. AUROC is NaN where a class has no row.

    Args:
        outcome: what is said of a text.
        positive: of two classes, the one whose F1 is stated.
        places: (C,) of classes in an order, for `Distance` and `QuadraticKappa` besides.
    """
    size = outcome.num_classes
    metrics: dict[str, Metric | MetricCollection] = {"accuracy": make_accuracy(outcome)}
    if isinstance(outcome, AnyOf):
        metrics |= {
            "micro_f1": MultilabelF1Score(size, average="micro"),
            "macro_f1": MultilabelF1Score(size, average="macro"),
            "auroc": LabelAUROC(size),
            "calibration_error": LabelCalibrationError(CALIBRATION_BINS),
        }
    elif size == 2:
        metrics |= {
            "f1": ClassF1(1 if positive else 0),
            "macro_f1": ClassF1(None),
            "auroc": TwoClassAUROC(),
            "calibration_error": CalibrationError(task="binary", n_bins=CALIBRATION_BINS),
        }
    else:
        kind: dict[str, Any] = {"task": "multiclass", "num_classes": size}
        metrics |= {
            "f1": F1Score(**kind, average="macro"),
            "macro_f1": F1Score(**kind, average="macro"),
            "auroc": ManyClassAUROC(size),
            "calibration_error": CalibrationError(**kind, n_bins=CALIBRATION_BINS),
        }
    if places is not None and isinstance(outcome, OneOf):
        metrics |= {
            "mean_absolute_error": Distance(outcome, places),
            "quadratic_kappa": QuadraticKappa(outcome, places),
        }
    return MetricCollection(metrics, compute_groups=False)


def as_scores(values: Mapping[str, Tensor]) -> dict[str, float | None]:
    """Values of metrics as plain numbers, None where one is undefined."""
    return {name: None if value.isnan() else float(value) for name, value in values.items()}
