"""Run folders as tables: what may enter a report, and what must stay out and why."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import pandas as pd
import pyarrow.parquet
import yaml
from pydantic import (
    AliasChoices,
    AliasPath,
    BaseModel,
    ConfigDict,
    Field,
    FiniteFloat,
    StringConstraints,
    ValidationError,
)

from rnn_sentiment.errors import UserError
from rnn_sentiment.upgrade import full_name, upgrade_plain

LARGEST_JSON = 16 * 2**20  # bytes; a run of 1,000 epochs has under one million
LARGEST_PREDICTIONS = 10_000_000  # rows
COLUMNS = ("row_id", "label", "probability", "duplicate", "length")

Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0, lt=2**53)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class Stated(BaseModel):
    """What a file of a run states, taken at its word but for types and ranges."""

    model_config = ConfigDict(populate_by_name=True, strict=True)


class Scores(Stated):
    """Scores of a part of the corpus."""

    accuracy: Share
    f1: Share | None = None
    auroc: Share | None = None
    calibration_error: Share | None = None


class Data(Stated):
    """What a run was trained and tested on."""

    fingerprint: Text
    sizes: dict[Literal["train", "validation", "test"], Count]
    validated_on: Text = "validation"


class Results(Stated):
    """The part of `results.json` that a report reads.

    Only `name` (or `model.name`), `seed`, `status` and `data` are required, so that runs of other
    programs can join.
    """

    name: Text = Field(validation_alias=AliasChoices("name", AliasPath("model", "name")))
    seed: Annotated[int, Field(lt=2**63, gt=-(2**63))]
    status: Literal["completed"]
    data: Data
    test: Scores | None = None
    test_deduplicated: Scores | None = None
    parameters: Count | None = None
    seconds_per_epoch: Positive | None = None
    tokens_per_second: Positive | None = None
    peak_memory_bytes: Count | None = None
    precision: Text = "unknown"
    device: Text = "unknown"
    classes: dict[Text, Any] = {}  # by name, in the order of labels
    history: list[dict[str, FiniteFloat]] = []


class Flow(Stated):
    """`gradient_flow.json`: norm of the gradient at the embedded words, `(epochs, distance)`."""

    epochs: list[FiniteFloat]
    distance: list[FiniteFloat]
    norm: list[list[float]]


@dataclass(frozen=True)
class Setting:
    """What two runs must share to stand in one table."""

    fingerprint: str
    sizes: tuple[tuple[str, int], ...]
    validated_on: str
    precision: str
    device: str

    def __str__(self) -> str:
        sizes = ", ".join(f"{size:,} {part}" for part, size in self.sizes)
        return (
            f"corpus {self.fingerprint[:12]}; {sizes}; validated on {self.validated_on}; "
            f"precision {self.precision}; device {self.device}"
        )


@dataclass(frozen=True)
class Run:
    """A completed run that a report can use."""

    folder: Path
    results: Results
    config: dict[str, Any] = field(default_factory=dict)  # dotted keys
    overrides: dict[str, str] = field(default_factory=dict)

    @property
    def seed(self) -> int:
        """Seed of the run."""
        return self.results.seed

    @property
    def setting(self) -> Setting:
        """Corpus, splits and precision."""
        data = self.results.data
        return Setting(
            printable(data.fingerprint),
            tuple(sorted(data.sizes.items())),
            printable(data.validated_on),
            printable(self.results.precision),
            printable(self.results.device),
        )

    @cached_property
    def predictions(self) -> pd.DataFrame | None:
        """A row per test review, sorted by `row_id`, with `correct`; None where none were kept.

        Raises:
            UserError: the file is damaged, or does not belong to this run.
        """
        file = self.folder / "predictions.parquet"
        if not os.path.lexists(file):
            return None
        return read_predictions(file, self.results)

    @cached_property
    def gradient_flow(self) -> Flow | None:
        """Gradient norm by distance from the end, where the run recorded it."""
        file = self.folder / "gradient_flow.json"
        return Flow.model_validate(read_json(file)) if os.path.lexists(file) else None

    @cached_property
    def test(self) -> tuple[Scores, Scores | None]:
        """Scores on the whole test part, and without duplicates; from predictions if not said.

        Raises:
            UserError: there are neither scores nor predictions.
        """
        found, unique = self.results.test, self.results.test_deduplicated
        if found is None:
            if self.predictions is None:
                raise UserError("results.json has no `test` and there is no predictions.parquet")
            found = score(self.predictions)
        if unique is None and self.predictions is not None:
            unique = score(self.predictions[~self.predictions["duplicate"]])
        return found, unique


@dataclass(frozen=True)
class LeftOut:
    """A folder that looks like a run and is not used."""

    folder: Path
    reason: str


def load(folders: Iterable[Path]) -> tuple[list[Run], list[LeftOut]]:
    """Read all runs under `folders`, and say of the others why they are left out.

    Raises:
        UserError: a folder does not exist.
    """
    found: list[Run] = []
    left_out: list[LeftOut] = []
    for folder in run_folders(folders):
        try:
            found.append(read_run(folder))
        except (UserError, OSError, ValueError, RecursionError) as error:
            left_out.append(LeftOut(folder, reason(error)))
    return found, left_out


def run_folders(folders: Iterable[Path]) -> list[Path]:
    """All folders at or under `folders` that hold a run, finished or not; links are not followed.

    Raises:
        UserError: a folder does not exist.
    """
    found: set[Path] = set()
    for top in folders:
        if not top.is_dir():
            raise UserError(f"{top} is not a folder; give run folders or folders that hold some")
        for path, inner, files in os.walk(top):
            if "results.json" in files + inner or os.path.exists(f"{path}/.hydra/config.yaml"):
                found.add(Path(path))
    return sorted(found)


def read_run(folder: Path) -> Run:
    """Read and check one run.

    Raises:
        UserError: it is not a completed, undamaged run of a classifier; says why.
    """
    if not os.path.lexists(folder / "results.json"):
        raise UserError("no results.json: it was killed, or it is still running")
    stated = read_json(folder / "results.json")
    if isinstance(stated, dict) and stated.get("status") in ("failed", "interrupted"):
        raise UserError(f"{stated['status']}: {stated.get('error') or 'no reason was recorded'}")
    run = Run(folder, Results.model_validate(stated), *read_config(folder))
    _ = run.predictions, run.test, run.gradient_flow  # what is damaged must come out here
    return run


def read_regular(file: Path, limit: int) -> bytes:
    """Read a file that is neither a link nor a device nor longer than `limit` bytes.

    Raises:
        UserError: it is one of these.
    """
    status = file.lstat()
    if not stat.S_ISREG(status.st_mode):
        raise UserError(f"{file.name} is not a regular file")
    if status.st_size > limit:
        raise UserError(f"{file.name} has {status.st_size:,} bytes; at most {limit:,} are read")
    return file.read_bytes()


def read_json(file: Path) -> Any:
    """Read a JSON file of a run.

    Raises:
        UserError: it is not JSON in UTF-8.
    """
    try:
        return json.loads(read_regular(file, LARGEST_JSON).decode())
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise UserError(f"{file.name} is not JSON: {error}") from None


def read_config(folder: Path) -> tuple[dict[str, Any], dict[str, str]]:
    """Read configuration and overrides of a run, by dotted key; empty for other programs' runs."""
    if not (folder / ".hydra" / "config.yaml").exists():
        return {}, {}
    try:
        texts = [
            read_regular(folder / ".hydra" / name, LARGEST_JSON)
            for name in ("config.yaml", "overrides.yaml")
        ]
        config, overrides = (yaml.safe_load(text) for text in texts)
        said = [full_name(override).lstrip("+") for override in overrides]
        pairs = (override.split("=", 1) for override in said)
        return (
            dict(flatten(upgrade_plain(config))),
            {key.replace("/", "."): value for key, value in pairs},
        )
    except (
        *(yaml.YAMLError, UnicodeDecodeError, ValueError),
        *(TypeError, AttributeError, LookupError, StopIteration),
    ) as error:
        raise UserError(f"the configuration in .hydra cannot be read: {error}") from None


def flatten(node: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted keys and values of nested dicts."""
    for key, value in node.items():
        if isinstance(value, dict):
            yield from flatten(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def read_predictions(file: Path, results: Results) -> pd.DataFrame:
    """Read predictions, check them against the results, and mark the correct ones.

    Raises:
        UserError: the table lacks a column, holds values out of range, or is another run's.
    """
    if not stat.S_ISREG(file.lstat().st_mode):
        raise UserError(f"{file.name} is not a regular file")
    try:
        rows = pyarrow.parquet.ParquetFile(file).metadata.num_rows
        if rows > LARGEST_PREDICTIONS:
            raise UserError(f"{file.name} has {rows:,} rows; at most {LARGEST_PREDICTIONS:,}")
        frame = pd.read_parquet(file)
    except (pyarrow.ArrowException, OSError) as error:
        raise UserError(f"{file.name} is damaged: {error}") from None
    shares = [c for c in frame if str(c).startswith("probability_")] or ["probability"]
    if shares[0] not in frame and results.test and results.test_deduplicated:
        shares = []  # with the scores known, answers are enough
    wanted = [*(c for c in COLUMNS if c != "probability"), *(shares or ["predicted"])]
    if missing := [column for column in wanted if column not in frame]:
        raise UserError(f"{file.name} lacks the column {missing[0]}")
    kinds = {"label": "iu", "length": "iu", "duplicate": "b"} | (
        {} if shares else {"predicted": "iu"}
    )
    for column, kind in kinds.items():
        if frame[column].dtype.kind not in kind:
            raise UserError(f"{file.name}: {column} is {frame[column].dtype}")
    frame = frame.astype({"label": np.int64, "length": np.int64})  # to compare with other runs'
    frame["row_id"] = frame["row_id"].astype(str)
    values = frame[shares].apply(pd.to_numeric, errors="coerce").to_numpy(float)
    if not ((values >= 0) & (values <= 1)).all():
        raise UserError(f"{file.name}: a probability is not between 0 and 1")
    if frame["row_id"].duplicated().any():
        raise UserError(f"{file.name}: a row_id stands there twice")
    if (size := results.data.sizes.get("test", 0)) != len(frame):
        raise UserError(f"{file.name} has {len(frame):,} rows; results.json says {size:,}")
    if shares:
        predicted = values.argmax(1) if len(shares) > 1 else values[:, 0] >= 0.5
        frame["predicted"] = predicted.astype(int)
    frame["correct"] = frame["predicted"] == frame["label"]
    if results.test and not np.isclose(results.test.accuracy, frame["correct"].mean(), atol=1e-4):
        raise UserError(
            f"results.json says a test accuracy of {results.test.accuracy:.4f}, "
            f"{file.name} gives {frame['correct'].mean():.4f}"
        )
    return frame.sort_values("row_id", ignore_index=True)


def score(predictions: pd.DataFrame) -> Scores:
    """Score predictions that came without scores."""
    import torch  # takes seconds, and runs of this program bring their scores

    from rnn_sentiment.metrics import make_metrics

    labels = torch.tensor(predictions["label"].to_numpy())
    shares = predictions.filter(regex=r"^probability(_\d+)?$").to_numpy(float)
    num_classes = max(shares.shape[1], 2)
    given = torch.tensor(shares[:, 0] if num_classes == 2 else shares)
    found = {name: float(value) for name, value in make_metrics(num_classes)(given, labels).items()}
    return Scores(**found)


def printable(text: str) -> str:
    """One line of a text from a stranger: control characters cannot reach a page or a terminal."""
    return "".join(c if c.isprintable() else "�" for c in " ".join(text.split()))


def reason(error: Exception) -> str:
    """One short line of an exception."""
    if isinstance(error, ValidationError):
        first = error.errors(include_input=False, include_url=False)[0]
        return printable(f"results.json: {'.'.join(map(str, first['loc']))}: {first['msg']}")[:300]
    return printable(str(error))[:300]
