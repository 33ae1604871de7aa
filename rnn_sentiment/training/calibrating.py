"""Calibrate probabilities on the validation part, and check them on the test part."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch
from torchmetrics import MetricCollection

from rnn_sentiment import manifest, runs
from rnn_sentiment.calibration import Calibration
from rnn_sentiment.calibration.checks import by_class_and_length
from rnn_sentiment.calibration.fitting import Aims, fit
from rnn_sentiment.class_scores import averages, class_scores
from rnn_sentiment.errors import UserError
from rnn_sentiment.outcome import AnyOf, Outcome
from rnn_sentiment.training.rescoring import Reopened
from rnn_sentiment.training.scoring import (
    judged,
    logits_of,
    predict_rows,
    scores,
)


def calibrate(run: Reopened, predictions: pd.DataFrame, aims: Aims) -> dict[str, Any]:
    """Fit temperature, threshold and prediction sets, and save them in the run folder.

    The bound of the sets is fitted on validation texts, chosen by their hashes, that are not used
    for temperature and threshold; without sets, these are fitted on all validation texts.

    Args:
        run: a completed run.
        predictions: predictions for its test part.
        aims: what to fit.

    Returns:
        The entry `calibrated` of `results.json`: the test scores before and after, and the answers
        for each class and each fifth by length.

    Raises:
        UserError: there is no separate validation part, it is too small, or an aim cannot be
            reached.
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
    outcome, names = run.data.outcome, run.data.labels
    calibration = fit(logits, labels, torch.from_numpy(held_back), aims, outcome, names)
    found = checked(calibration, predictions, outcome, names, judged(run.cfg, run.data))
    calibration.save(run.folder)
    runs.save_results(run.folder, recorded | {"calibrated": found})
    manifest.seal(run.folder)
    return found


def checked(
    calibration: Calibration,
    predictions: pd.DataFrame,
    outcome: Outcome,
    names: Sequence[str],
    metrics: MetricCollection,
) -> dict[str, Any]:
    """Apply a calibration to the predictions of a test part, and score them."""
    after = predictions.copy()
    columns = predictions.filter(regex=r"^logit(_\d+)?$").columns
    after[columns] /= calibration.temperature
    probabilities = outcome.class_probabilities(logits_of(after)).numpy()
    after["predicted"] = calibration.answers(probabilities, outcome)
    labels, answers, lengths = (after[n].to_numpy() for n in ("label", "predicted", "length"))
    right: dict[str, float | None] = {"accuracy": float((answers == labels).mean())}
    if isinstance(outcome, AnyOf):
        right |= {f"{kind}_f1": s["f1"] for kind, s in averages(labels, answers, outcome).items()}
    return {
        **calibration.model_dump(mode="json"),
        "before": scores(predictions, outcome, metrics),
        "after": scores(after, outcome, metrics) | right,
        "classes": {
            name: one._asdict()
            for name, one in class_scores(labels, answers, outcome, names).items()
        },
        "groups": by_class_and_length(
            calibration.sets, probabilities, labels, lengths, outcome, names
        ),
    }
