"""What was fitted on the validation part: its file, and its application."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt

from rnn_sentiment.manifest import CALIBRATION
from rnn_sentiment.outcome import AnyOf, Outcome
from rnn_sentiment.storage import read_json, validated, write_file

Probability = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class Threshold(BaseModel):
    """The probability from which label 1 of two classes, or each of several labels, is the answer.

    Attributes:
        aim: what it was chosen for: the best F1 of the label, or a minimum precision.
        least: the minimum precision.
        probability: the threshold; for several labels, a list of them.
    """

    model_config = ConfigDict(extra="forbid")

    aim: Literal["f1", "precision"]
    least: Probability | None = None
    probability: Probability | list[Probability]


class Sets(BaseModel):
    """Prediction sets: sets of classes that contain the right one for a promised share of texts.

    Attributes:
        coverage: the promised share.
        probability: a class with at least this probability is in the set.
    """

    model_config = ConfigDict(extra="forbid")

    coverage: Probability
    probability: Probability


class Calibration(BaseModel):
    """How logits become probabilities and answers.

    Attributes:
        temperature: divides the logits (Guo et al., 2017).
        threshold: None to answer with the most likely class, or all labels more likely than not.
        sets: prediction sets, if they were requested.
        rows: number of validation rows that it was fitted on.
    """

    model_config = ConfigDict(extra="forbid")

    temperature: Positive
    threshold: Threshold | None = None
    sets: Sets | None = None
    rows: NonNegativeInt

    @classmethod
    def of_run(cls, folder: Path) -> Calibration | None:
        """Read the calibration of a run; None if there is none.

        Raises:
            UserError: the file is damaged.
        """
        file = folder / CALIBRATION
        if not os.path.lexists(file):
            return None
        return validated(cls, read_json(file), file)

    def save(self, folder: Path) -> None:
        """Write it into a run folder."""
        write_file(folder / CALIBRATION, self.model_dump_json(indent=2) + "\n")

    def answers(self, probabilities: np.ndarray, outcome: Outcome) -> np.ndarray:
        """The answers, (N,) int64, for the rows of `probabilities (N, C)`."""
        if isinstance(outcome, AnyOf):
            least = np.array(0.5 if self.threshold is None else self.threshold.probability)
            return outcome.joined(torch.from_numpy(probabilities >= least)).numpy()
        if self.threshold is None:
            return np.asarray(probabilities.argmax(1))
        return (probabilities[:, 1] >= self.threshold.probability).astype(np.int64)
