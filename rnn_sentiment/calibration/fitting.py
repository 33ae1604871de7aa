"""Fit a calibration to a network's logits on the validation part."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from torch import Tensor

from rnn_sentiment.calibration.calibration import Calibration, Sets, Threshold
from rnn_sentiment.calibration.conformal import least_probability
from rnn_sentiment.calibration.temperature import fit_temperature, is_coldest
from rnn_sentiment.calibration.thresholds import for_f1, for_precision
from rnn_sentiment.errors import UserError
from rnn_sentiment.outcome import AnyOf, OneOf, Outcome

FEWEST = 20  # validation rows; half of them may be held back for prediction sets

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Aims:
    """What to fit in addition to the temperature.

    Args:
        threshold: `f1` for the threshold with the best F1 of label 1, or of each of several labels.
        precision: instead, the minimum precision of these labels.
        coverage: share of texts whose prediction set should contain the right class.
    """

    threshold: Literal["f1"] | None = None
    precision: float | None = None
    coverage: float | None = None


def fit(
    logits: Tensor,
    labels: Tensor,
    held_back: Tensor,
    aims: Aims,
    outcome: Outcome,
    names: Sequence[str],
) -> Calibration:
    """Fit a calibration.

    Args:
        logits: (N,) or (N, C), for the validation part.
        labels: (N,) int64.
        held_back: (N,) bool, the rows for the bound of the sets; the other rows are for the rest.
        aims: what to fit.
        outcome: how labels and logits are interpreted.
        names: names of the classes.

    Raises:
        UserError: there are too few rows, or an aim cannot be reached or does not fit the outcome.
    """
    if len(labels) < FEWEST:
        raise UserError(
            f"the validation part has {len(labels)} rows, too few to calibrate on; use at least "
            f"{FEWEST}"
        )
    temperature = fit_temperature(logits[~held_back], labels[~held_back], outcome)
    if is_coldest(temperature):
        log.warning(
            "the temperature reached its bound, as when every validation text is answered right: "
            "probabilities and thresholds mean little; hold out more texts"
        )
    probabilities = outcome.class_probabilities(logits / temperature).numpy()
    numbers, fitted = labels.numpy(), ~held_back.numpy()
    threshold, sets = None, None
    if aims.threshold is not None or aims.precision is not None:
        members = outcome.members(labels).numpy()
        threshold = choose(probabilities[fitted], members[fitted], aims, outcome, names)
    if aims.coverage is not None:
        if isinstance(outcome, AnyOf):
            raise UserError(
                "coverage= is for texts with one class each, and these have several labels; "
                "leave it out"
            )
        bound = least_probability(probabilities[~fitted], numbers[~fitted], aims.coverage)
        sets = Sets(coverage=aims.coverage, probability=bound)
    return Calibration(temperature=temperature, threshold=threshold, sets=sets, rows=len(labels))


def choose(
    probabilities: np.ndarray,
    members: np.ndarray,
    aims: Aims,
    outcome: Outcome,
    names: Sequence[str],
) -> Threshold:
    """Choose the threshold of the second of two classes, or of each of several labels.

    Args:
        probabilities: (N, C).
        members: (N, C) bool, whether a row has a class.
        aims: the aim of the threshold.
        outcome: how labels are interpreted.
        names: names of the classes.

    Raises:
        UserError: the aim cannot be reached, or there are more than two classes.
    """
    if isinstance(outcome, AnyOf):
        bounds: float | list[float] = [
            label_threshold(probabilities[:, i], members[:, i], aims, name)
            for i, name in enumerate(names)
        ]
    elif outcome == OneOf(2):
        bounds = threshold_for(probabilities[:, 1], members[:, 1], aims)
    else:
        raise UserError("threshold= and precision= are for two classes, or for several labels")
    aim: Literal["f1", "precision"] = "f1" if aims.precision is None else "precision"
    return Threshold(aim=aim, least=aims.precision, probability=bounds)


def threshold_for(probability: np.ndarray, labels: np.ndarray, aims: Aims) -> float:
    """The threshold for an aim; see `rnn_sentiment.calibration.thresholds`."""
    if aims.precision is None:
        return for_f1(probability, labels)
    return for_precision(probability, labels, aims.precision)


def label_threshold(probability: np.ndarray, labels: np.ndarray, aims: Aims, name: str) -> float:
    """The threshold of one of several labels; 0.5, the default, if no text has the label.

    Raises:
        UserError: no threshold reaches the precision; names the label.
    """
    if not labels.any():
        log.warning("no validation text has '%s': its threshold stays 0.5", name)
        return 0.5
    try:
        return threshold_for(probability, labels, aims)
    except UserError as error:
        raise UserError(f"label '{name}': {error}") from None
