"""What was fitted on the validation part, as a file and as a function."""

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
    """From which probability label 1 of two classes, or each of several labels, is the answer.

    Attributes:
        aim: what it was chosen for: the best F1 of the label, or a least precision.
        least: that precision.
        probability: the threshold; of several labels a list of them.
    """

    model_config = ConfigDict(extra="forbid")

    aim: Literal["f1", "precision"]
    least: Probability | None = None
    probability: Probability | list[Probability]


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
        threshold: without it the likeliest class is the answer, or labels likelier than not.
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

    def answers(self, probabilities: np.ndarray, outcome: Outcome) -> np.ndarray:
        """The label, (N,) int64, that is the answer for each row of `probabilities (N, C)`."""
        if isinstance(outcome, AnyOf):
            least = np.array(0.5 if self.threshold is None else self.threshold.probability)
            return outcome.joined(torch.from_numpy(probabilities >= least)).numpy()
        if self.threshold is None:
            return np.asarray(probabilities.argmax(1))
        return (probabilities[:, 1] >= self.threshold.probability).astype(np.int64)
