"""What a rule is, and what it finds."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict

from rnn_sentiment.report.measures import MEASURES, POINTS, SHARES
from rnn_sentiment.report.row import Row
from rnn_sentiment.report.statistics import Estimate

Outcome = Literal["confirmed", "refuted", "undecided", "not tested"]
SPOKEN = {
    "gradient_decay_first": "decay of the gradient before training",
    "gradient_decay_last": "decay of the gradient after training",
    "late_validation_accuracy": "validation accuracy in the last five epochs",
    "final_train_accuracy": "training accuracy after the last epoch",
    "final_validation_accuracy": "validation accuracy after the last epoch",
    "final_gap": "gap after the last epoch",
    "gap_at_10": "gap after epoch 10",
    "train_roughness": "roughness of the training accuracy",
    "validation_roughness": "roughness of the validation accuracy",
    "lowest_loss_epoch": "epoch of the lowest validation loss",
    "loss_rise": "rise of the validation loss from its lowest",
    "calibration_rise": "rise of the calibration error from the best epoch",
    **{f"validation_accuracy_{n}": f"validation accuracy after epoch {n}" for n in (1, 2, 3)},
}
MARGIN = 0.01  # a point of accuracy: what counts as equal unless a rule says another


@dataclass(frozen=True)
class Finding:
    """Outcome of a rule, the figures that led to it, and the runs behind them.

    Attributes:
        text: the figures in words.
        estimate: the first of them, in the unit of the text.
    """

    outcome: Outcome
    text: str
    estimate: Estimate | None = None
    runs: tuple[str, ...] = ()


def known(measure: str) -> str:
    """Refuse measures that do not exist."""
    if measure not in MEASURES:
        raise ValueError(f"no measure {measure!r}; there are {', '.join(MEASURES)}")
    return measure


MeasureName = Annotated[str, AfterValidator(known)]


class Rule(BaseModel, ABC):
    """What settles one test of a claim."""

    model_config = ConfigDict(extra="forbid")

    fewest_seeds: int = 3

    @property
    @abstractmethod
    def needs(self) -> tuple[str, ...]:
        """Labels of the rows that the rule reads."""

    def names(self, rows: Mapping[str, Row]) -> list[str]:
        """What a page calls the rows that the rule reads."""
        return [rows[label].name for label in self.needs]

    @abstractmethod
    def settle(
        self, rows: Mapping[str, Row], evidence: Mapping[str, float], level: float
    ) -> Finding:
        """Settle the test from rows that are all there, by intervals of a level."""


@dataclass(frozen=True)
class Unit:
    """How figures of a measure are written: shares in percent, what differs in points."""

    factor: float = 1.0
    name: str = ""

    @classmethod
    def of(cls, measure: str, differs: bool = False) -> Unit:
        """The unit of a measure, or of its differences."""
        if measure in POINTS or (differs and measure in SHARES):
            return cls(100.0, " points")
        return cls(100.0, " %") if measure in SHARES else cls()

    def write(self, figure: float) -> str:
        """A figure without its unit."""
        if not self.name:
            return f"{figure:.3g}"
        return f"{self.factor * figure:.2f}".rstrip("0").rstrip(".")

    def scaled(self, estimate: Estimate) -> Estimate:
        """An estimate in this unit."""
        factor = self.factor
        return Estimate(factor * estimate.value, factor * estimate.low, factor * estimate.high)

    def distance(self, figure: float) -> str:
        """How far apart two figures are, with its unit."""
        written = self.write(figure)
        return f"{written} point{'' if written == '1' else 's'}" if self.name else written

    def interval(self, estimate: Estimate) -> str:
        """An estimate with its interval and its unit."""
        ends = f"[{self.write(estimate.low)}, {self.write(estimate.high)}]"
        return f"{self.write(estimate.value)} {ends}{self.name}"


def spoken(measure: str) -> str:
    """The name of a measure in words."""
    return SPOKEN.get(measure, measure.replace("_", " "))


def measured(row: Row, measure: str) -> dict[int, float]:
    """A measure by seed, of the runs that have it."""
    found = {run.seed: MEASURES[measure](run) for run in row.runs}
    return {seed: float(value) for seed, value in found.items() if value is not None}


def not_recorded(what: str, where: str) -> Finding:
    """Undecided, because a figure is missing."""
    return Finding("undecided", f"{where}: {what} is not recorded")
