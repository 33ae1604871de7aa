"""Measures of a run by name: scores, costs, and figures from its learning curves."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Literal

import numpy as np
import pandas as pd

from rnn_sentiment.report.loading import Run

NUM_FIFTHS = 5
NUM_LAST = 5  # epochs that a levelled-out curve is read from

Measure = Callable[[Run], float | None]


def curve(run: Run, name: str) -> np.ndarray:
    """A column of the history, `(epochs,)`; empty unless every epoch has it."""
    rows = run.results.history
    return (
        np.array([row[name] for row in rows]) if all(name in row for row in rows) else np.empty(0)
    )


def at(run: Run, name: str, epoch: int) -> float | None:
    """A column of the history at an epoch, from 0; negative ones count from the end."""
    values = curve(run, name)
    return float(values[epoch]) if -len(values) <= epoch < len(values) else None


def best_epoch(run: Run) -> int | None:
    """The epoch, counted from 0, that validation accuracy chose."""
    accuracy = curve(run, "val/accuracy")
    return int(accuracy.argmax()) if len(accuracy) else None


def train_accuracy(run: Run, epoch: int) -> float | None:
    """Training accuracy at the end of an epoch; of older runs, the mean over the epoch."""
    sampled = at(run, "train/sample_accuracy", epoch)
    return at(run, "train/accuracy", epoch) if sampled is None else sampled


def gap(run: Run, epoch: int | None) -> float | None:
    """Generalisation gap: training minus validation accuracy at an epoch."""
    if epoch is None:
        return None
    seen, unseen = train_accuracy(run, epoch), at(run, "val/accuracy", epoch)
    return None if seen is None or unseen is None else seen - unseen


def roughness(values: Sequence[float] | np.ndarray) -> float | None:
    """Mean absolute second difference of a learning curve; 0 is a straight line.

    The second difference is the classical measure of roughness in smoothing (Whittaker, 1923;
    Eilers, 2003, doi:10.1021/ac034173t). Needs three epochs.
    """
    return float(np.abs(np.diff(values, n=2)).mean()) if len(values) > 2 else None


def change(run: Run, name: str) -> float | None:
    """Last minus best value of a curve of which less is better."""
    values = curve(run, name)
    return float(values[-1] - values.min()) if len(values) else None


def calibration_change(run: Run) -> float | None:
    """Calibration error of the last epoch minus that of the first best one."""
    best, errors = best_epoch(run), curve(run, "val/calibration_error")
    return float(errors[-1] - errors[best]) if best is not None and len(errors) else None


def lowest_loss_epoch(run: Run) -> float | None:
    """The epoch, counted from 1, of the lowest validation loss."""
    losses = curve(run, "val/loss")
    return float(losses.argmin() + 1) if len(losses) else None


def late_accuracy(run: Run) -> float | None:
    """Mean validation accuracy of the last five epochs."""
    values = curve(run, "val/accuracy")
    return float(values[-NUM_LAST:].mean()) if len(values) else None


def decay(run: Run, when: Literal["before", "after"]) -> float | None:
    """Gradient norm lost at each step back from the end, as the slope of its logarithm.

    Least squares over the last 50 tokens, where every review still contributes.
    """
    if (flow := run.gradient_flow) is None or not flow.norm:
        return None
    norms = np.array(flow.norm[0 if when == "before" else -1][:50])
    steps = np.array(flow.distance[: len(norms)])
    usable = np.isfinite(norms) & (norms > 0)
    if usable.sum() < 2:
        return None
    return float(-np.polyfit(steps[usable], np.log(norms[usable]), 1)[0])


def seconds_per_token(run: Run) -> float | None:
    """Seconds of training a token."""
    speed = run.results.tokens_per_second
    return 1 / speed if speed else None


MEASURES: dict[str, Measure] = {
    "test_accuracy": lambda run: run.test[0].accuracy,
    "deduplicated_accuracy": lambda run: run.test[1].accuracy if run.test[1] else None,
    "f1": lambda run: run.test[0].f1,
    "auroc": lambda run: run.test[0].auroc,
    "calibration_error": lambda run: run.test[0].calibration_error,
    "micro_f1": lambda run: run.test[0].micro_f1,
    "macro_f1": lambda run: run.test[0].macro_f1,
    "mean_absolute_error": lambda run: run.test[0].mean_absolute_error,
    "quadratic_kappa": lambda run: run.test[0].quadratic_kappa,
    "parameters": lambda run: run.results.parameters,
    "seconds_per_epoch": lambda run: run.results.seconds_per_epoch,
    "seconds_per_token": seconds_per_token,
    "tokens_per_second": lambda run: run.results.tokens_per_second,
    "peak_memory_bytes": lambda run: run.results.peak_memory_bytes,
    "best_epoch": lambda run: None if (best := best_epoch(run)) is None else best + 1,
    "num_epochs": lambda run: len(run.results.history) or None,
    "gap": lambda run: gap(run, best_epoch(run)),
    "gap_at_10": lambda run: gap(run, 9),
    "final_gap": lambda run: gap(run, -1),
    "train_roughness": lambda run: roughness(curve(run, "train/accuracy")),
    "validation_roughness": lambda run: roughness(curve(run, "val/accuracy")),
    "loss_roughness": lambda run: roughness(curve(run, "val/loss")),
    "best_validation_accuracy": lambda run: max(curve(run, "val/accuracy"), default=None),
    "late_validation_accuracy": late_accuracy,
    "final_train_accuracy": lambda run: train_accuracy(run, -1),
    "final_validation_accuracy": lambda run: at(run, "val/accuracy", -1),
    "validation_accuracy_1": lambda run: at(run, "val/accuracy", 0),
    "validation_accuracy_2": lambda run: at(run, "val/accuracy", 1),
    "validation_accuracy_3": lambda run: at(run, "val/accuracy", 2),
    "lowest_loss_epoch": lowest_loss_epoch,
    "loss_rise": lambda run: change(run, "val/loss"),
    "calibration_rise": calibration_change,
    "gradient_decay_first": lambda run: decay(run, "before"),
    "gradient_decay_last": lambda run: decay(run, "after"),
}

# Shares, which people read in percent, and differences of shares, in points.
SHARES = {name for name in MEASURES if re.search("accuracy|f1|auroc", name)}
POINTS = {name for name in MEASURES if re.search("gap|calibration|(train|validation)_rough", name)}

OF_LABELS = ("micro_f1", "macro_f1")  # where texts have several labels
OF_ORDER = ("mean_absolute_error", "quadratic_kappa")  # where the classes have an order


def unasked(runs: Iterable[Run]) -> list[str]:
    """The measures of several labels and of ordered classes that none of the runs has."""
    scores = [run.test[0] for run in runs]
    found = [] if any(s.micro_f1 is not None for s in scores) else [*OF_LABELS]
    if all(s.mean_absolute_error is None for s in scores):
        found += OF_ORDER
    return found


def length_fifths(reviews: pd.DataFrame) -> np.ndarray:
    """The fifth, 0 (shortest) to 4, of each review by its length: `(N,)`; ties by order."""
    ranks = reviews["length"].rank(method="first").to_numpy()
    return ((ranks - 1) * NUM_FIFTHS // len(reviews)).astype(int)
