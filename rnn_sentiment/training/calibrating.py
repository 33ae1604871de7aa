"""Fit what makes probabilities mean something on the validation part, and check it on the test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from rnn_sentiment import manifest, runs
from rnn_sentiment.calibration import Calibration, Sets, Threshold
from rnn_sentiment.calibration.checks import by_class_and_length
from rnn_sentiment.calibration.conformal import least_probability
from rnn_sentiment.calibration.temperature import fit_temperature
from rnn_sentiment.calibration.thresholds import for_f1, for_precision
from rnn_sentiment.errors import UserError
from rnn_sentiment.logits import class_probabilities
from rnn_sentiment.training.rescoring import Reopened
from rnn_sentiment.training.scoring import (
    class_scores,
    logits_of,
    positive_label,
    predict_rows,
    scores,
)

FEWEST = 20  # validation rows, of which half may be held back for prediction sets


@dataclass(frozen=True)
class Aims:
    """What is fitted beside the temperature.

    Args:
        threshold: `f1` for the threshold with the best F1 of label 1.
        precision: least precision of label 1, in place of that.
        coverage: share of texts whose prediction set shall hold the right class.
    """

    threshold: Literal["f1"] | None = None
    precision: float | None = None
    coverage: float | None = None


def calibrate(run: Reopened, predictions: pd.DataFrame, aims: Aims) -> dict[str, Any]:
    """Fit temperature, threshold and sets, and keep them in the run folder.

    The bound of the sets is fitted on validation texts, told by their hashes, that neither
    temperature nor threshold has seen; without sets, those are fitted on all of them.

    Args:
        run: a completed run.
        predictions: of its test part.
        aims: what is to be fitted.

    Returns:
        What `results.json` now says of it as `calibrated`: the test scores before and after, and
        the answers of each class and each fifth by length.

    Raises:
        UserError: there is no validation part of its own, it is too small, or an aim is out of
            reach.
    """
    recorded = runs.load_results(run.folder)
    if not recorded:
        raise UserError(f"{run.folder} has no results.json: calibrate a completed run")
    if run.data.splits.validate_on == "test":
        raise UserError("data.validate_on=test: there is no validation part to calibrate on")
    runs.refuse_links(run.folder)
    logits = predict_rows(run.cfg, run.classifier, run.data, "val").float()
    labels = torch.from_numpy(np.asarray(run.data.validation_set.labels, np.int64))
    held_back = np.asarray(run.data.validation_set.hashes) % 2 == 1
    if aims.coverage is None:
        held_back[:] = False
    calibration = fit(logits, labels, torch.from_numpy(held_back), aims)
    positive = positive_label(run.cfg, run.data.labels)
    found = checked(calibration, predictions, run.data.labels, positive)
    calibration.save(run.folder)
    runs.save_results(run.folder, recorded | {"calibrated": found})
    manifest.seal(run.folder)
    return found


def fit(logits: Tensor, labels: Tensor, held_back: Tensor, aims: Aims) -> Calibration:
    """Fit a calibration.

    Args:
        logits: (N,) or (N, C) of the validation part.
        labels: (N,) int64.
        held_back: (N,) bool, the rows for the bound of the sets; the others are for the rest.
        aims: what is to be fitted.

    Raises:
        UserError: there are too few rows, or an aim is out of reach.
    """
    if len(labels) < FEWEST:
        raise UserError(
            f"the validation part has {len(labels)} rows, too few to calibrate on; use at least "
            f"{FEWEST}"
        )
    temperature = fit_temperature(logits[~held_back], labels[~held_back])
    probabilities, numbers = class_probabilities(logits / temperature).numpy(), labels.numpy()
    fitted = ~held_back.numpy()
    threshold = None
    if aims.threshold is not None or aims.precision is not None:
        if probabilities.shape[1] != 2:
            raise UserError("threshold= and precision= are for two classes")
        if aims.precision is not None:
            bound = for_precision(probabilities[fitted, 1], numbers[fitted], aims.precision)
            threshold = Threshold(aim="precision", least=aims.precision, probability=bound)
        else:
            bound = for_f1(probabilities[fitted, 1], numbers[fitted])
            threshold = Threshold(aim="f1", probability=bound)
    sets = None
    if aims.coverage is not None:
        bound = least_probability(probabilities[~fitted], numbers[~fitted], aims.coverage)
        sets = Sets(coverage=aims.coverage, probability=bound)
    return Calibration(temperature=temperature, threshold=threshold, sets=sets, rows=len(labels))


def checked(
    calibration: Calibration,
    predictions: pd.DataFrame,
    names: tuple[str, ...] | list[str],
    positive: int = 1,
) -> dict[str, Any]:
    """What a calibration does to the predictions of a test part."""
    after = predictions.copy()
    columns = predictions.filter(regex=r"^logit(_\d+)?$").columns
    after[columns] /= calibration.temperature
    probabilities = class_probabilities(logits_of(after)).numpy()
    after["predicted"] = calibration.answers(probabilities)
    right = float((after["predicted"] == after["label"]).mean())
    return {
        **calibration.model_dump(mode="json"),
        "before": scores(predictions, positive),
        "after": scores(after, positive) | {"accuracy": right},
        "classes": class_scores(after, names),
        "groups": by_class_and_length(
            calibration.sets,
            probabilities,
            after["label"].to_numpy(),
            after["length"].to_numpy(),
            names,
        ),
    }
