"""What the JSON files of a run must contain to enter a report."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from annotated_types import Le
from pydantic import (
    AfterValidator,
    AliasChoices,
    AliasPath,
    BaseModel,
    ConfigDict,
    Field,
    FiniteFloat,
    StringConstraints,
)


def without_rounding(score: float) -> float:
    """A score without the last digit of single precision, with which some sums pass 1."""
    return 1.0 if 1 < score < 1 + 1e-6 else score


Score = Annotated[float, Field(ge=0, allow_inf_nan=False), AfterValidator(without_rounding), Le(1)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0, lt=2**53)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class Stated(BaseModel):
    """The contents of a file of a run, of which only types and ranges are checked."""

    model_config = ConfigDict(populate_by_name=True, strict=True)


class Scores(Stated):
    """Scores of a part of the corpus."""

    accuracy: Score
    f1: Score | None = None
    micro_f1: Score | None = None
    macro_f1: Score | None = None
    auroc: Score | None = None
    calibration_error: Score | None = None
    mean_absolute_error: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    quadratic_kappa: Annotated[float, Field(ge=-1, le=1, allow_inf_nan=False)] | None = None


class Corpus(Stated):
    """What a run was trained and tested on."""

    fingerprint: Text
    sizes: dict[Literal["train", "validation", "test"], Count]
    validated_on: Text = "validation"
    several: bool = False  # labels of a text
    folded: Literal["validation", "test"] | None = None  # the part that a fold took the place of


class Group(Stated):
    """Confidence and accuracy of the answers to a group of test texts."""

    rows_of: Text
    rows: Count
    confidence: Score
    right: Score
    covered: Score | None = None
    size: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None


class Sets(Stated):
    """The coverage that prediction sets promise."""

    coverage: Score


class Calibrated(Stated):
    """What was fitted on the validation part, and its effect on the test part."""

    temperature: Positive
    sets: Sets | None = None
    groups: list[Group]


class RunResults(Stated):
    """The part of `results.json` that a report reads.

    Only `name` (or `model.name`), `seed`, `status` and `data` are required, so that runs of other
    programs can join.
    """

    name: Text = Field(validation_alias=AliasChoices("name", AliasPath("model", "name")))
    seed: Annotated[int, Field(lt=2**63, gt=-(2**63))]
    status: Literal["completed"]
    data: Corpus
    test: Scores | None = None
    test_deduplicated: Scores | None = None
    parameters: Count | None = None
    seconds_per_epoch: Positive | None = None
    tokens_per_second: Positive | None = None
    peak_memory_bytes: Count | None = None
    precision: Text = "unknown"
    device: Text = "unknown"
    classes: dict[Text, Any] = {}  # by name, in the order of labels
    calibrated: Calibrated | None = None
    history: list[dict[str, FiniteFloat]] = []
    dead_units: dict[Text, dict[Literal["dead", "of"], Count]] = {}  # by layer


class GradientFlow(Stated):
    """`gradient_flow.json`: norm of the gradient at the embedded words, `(epochs, distance)`."""

    epochs: list[FiniteFloat]
    distance: list[FiniteFloat]
    norm: list[list[float]]
