"""What was fitted on the validation part, as a file and as a function."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt

from rnn_sentiment.manifest import CALIBRATION
from rnn_sentiment.storage import read_json, validated, write_file

Probability = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class Threshold(BaseModel):
    """Label 1 of two classes is the answer where it has at least this probability.

    Attributes:
        aim: what it was chosen for: the best F1 of label 1, or a least precision.
        least: that precision.
        probability: the threshold.
    """

    model_config = ConfigDict(extra="forbid")

    aim: Literal["f1", "precision"]
    least: Probability | None = None
    probability: Probability


class Sets(BaseModel):
    """Sets of classes that hold the right one for a promised share of texts.

    Attributes:
        coverage: that share.
        probability: a class with at least this probability is in the set.
    """

    model_config = ConfigDict(extra="forbid")

    coverage: Probability
    probability: Probability


class Calibration(BaseModel):
    """How logits become probabilities and answers.

    Attributes:
        temperature: divides the logits (Guo et al., 2017).
        threshold: of label 1; without it the likeliest class is the answer.
        sets: prediction sets, if any were asked for.
        rows: validation rows that all of it was fitted on.
    """

    model_config = ConfigDict(extra="forbid")

    temperature: Positive
    threshold: Threshold | None = None
    sets: Sets | None = None
    rows: NonNegativeInt

    @classmethod
    def of_run(cls, folder: Path) -> Calibration | None:
        """Read what was fitted for a run; None where nothing was.

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

    def answers(self, probabilities: np.ndarray) -> np.ndarray:
        """The label, (N,) int64, that is the answer for each row of `probabilities (N, C)`."""
        if self.threshold is None:
            return np.asarray(probabilities.argmax(1))
        return (probabilities[:, 1] >= self.threshold.probability).astype(np.int64)
