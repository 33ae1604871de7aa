"""Runs that a report can use, read from their folders, and why others are left out."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
from omegaconf import OmegaConf
from pydantic import ValidationError

from rnn_sentiment import manifest, runs
from rnn_sentiment.errors import UserError
from rnn_sentiment.identity import flatten
from rnn_sentiment.report.folders import run_folders
from rnn_sentiment.report.predictions import read_predictions, score
from rnn_sentiment.report.schema import GradientFlow, RunResults, Scores
from rnn_sentiment.storage import printable, read_json
from rnn_sentiment.upgrade import full_name

LONGEST_REASON = 300  # characters
SETTLED = "settled.json"  # in the folder of a sweep that added seeds until a pair was settled


@dataclass(frozen=True)
class Setting:
    """What two runs must share to be compared in one table."""

    fingerprint: str
    sizes: tuple[tuple[str, int], ...]
    validated_on: str
    precision: str
    device: str
    several: bool = False

    def __str__(self) -> str:
        sizes = ", ".join(f"{size:,} {part}" for part, size in self.sizes)
        return (
            f"corpus {self.fingerprint[:12]}; {sizes}; validated on {self.validated_on}; "
            f"precision {self.precision}; device {self.device}"
            + ("; accuracy is of texts with all their labels right" if self.several else "")
        )


@dataclass(frozen=True)
class Run:
    """A completed run that a report can use.

    Attributes:
        config: its configuration by dotted key; empty for runs of other programs.
        overrides: what the command line changed, by dotted key.
    """

    folder: Path
    results: RunResults
    config: dict[str, Any] = field(default_factory=dict)
    overrides: dict[str, str] = field(default_factory=dict)

    @property
    def seed(self) -> int:
        """Seed of the run."""
        return self.results.seed

    @cached_property
    def settled_in(self) -> Path | None:
        """The sweep that this run belongs to, if the scores decided its number of seeds."""
        sweep = self.folder.absolute().parent
        return sweep if (sweep / SETTLED).exists() else None

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
            data.several,
        )

    @cached_property
    def predictions(self) -> pd.DataFrame | None:
        """A row for each test review, by `row_id`, with `correct`; None if none were kept.

        Raises:
            UserError: the file is damaged, or does not belong to this run.
        """
        file = self.folder / "predictions.parquet"
        if not os.path.lexists(file):
            return None
        return read_predictions(file, self.results)

    @cached_property
    def reviews(self) -> bytes | None:
        """A digest of the test reviews and their labels; None without predictions."""
        if self.predictions is None:
            return None
        hashes = pd.util.hash_pandas_object(self.predictions[["row_id", "label"]], index=False)
        return hashlib.sha256(hashes.to_numpy().tobytes()).digest()

    @cached_property
    def gradient_flow(self) -> GradientFlow | None:
        """Gradient norm by distance from the end; None if the run did not record it."""
        file = self.folder / "gradient_flow.json"
        if not os.path.lexists(file):
            return None
        try:
            return GradientFlow.model_validate(read_json(file))
        except ValidationError as error:
            raise UserError(f"{file.name}: {error.errors()[0]['msg']}") from None

    @cached_property
    def test(self) -> tuple[Scores, Scores | None]:
        """Scores on the whole test part and without duplicates, from predictions if not stated.

        Raises:
            UserError: there are neither scores nor predictions.
        """
        found, unique = self.results.test, self.results.test_deduplicated
        if found is None:
            if self.predictions is None:
                raise UserError("results.json has no `test` and there is no predictions.parquet")
            found = score(self.predictions)
        if unique is None and self.predictions is not None:
            rows = self.predictions[~self.predictions["duplicate"]]
            unique = score(rows) if len(rows) else None
        return found, unique


@dataclass(frozen=True)
class LeftOut:
    """A folder that looks like a run but is not used."""

    folder: Path
    reason: str


def load(folders: Iterable[Path]) -> tuple[list[Run], list[LeftOut]]:
    """Read all runs under `folders`; those that cannot be used come with the reason.

    Raises:
        UserError: a folder does not exist.
    """
    found: list[Run] = []
    left_out: list[LeftOut] = []
    row_ids: dict[bytes, pd.Series] = {}  # most runs have the same, and hundreds fit into memory
    for folder in run_folders(folders):
        try:
            found.append(run := read_run(folder))
            if run.predictions is not None and run.reviews is not None:
                kept = row_ids.setdefault(run.reviews, run.predictions["row_id"])
                run.predictions["row_id"] = kept
        except (UserError, OSError, ValueError, RecursionError) as error:
            left_out.append(LeftOut(folder, reason(error, folder)))
    return found, left_out


def read_run(folder: Path) -> Run:
    """Read and check one run.

    Raises:
        UserError: it is not a completed, undamaged run of a classifier; says why.
    """
    results = runs.load_results(folder)
    if not results:
        raise UserError("no results.json: it was killed, or it is still running")
    if results.get("status") in ("failed", "interrupted"):
        raise UserError(f"{results['status']}: {results.get('error') or 'no reason was recorded'}")
    manifest.verify(folder, manifest.READ_TO_REPORT)
    try:
        stated = RunResults.model_validate(results)
    except ValidationError as error:
        raise UserError(reason(error, folder)) from None
    run = Run(folder, stated, *read_config(folder))
    _ = run.predictions, run.test, run.gradient_flow  # what is damaged must come out here
    return run


def read_config(folder: Path) -> tuple[dict[str, Any], dict[str, str]]:
    """Read the configuration of a run and its overrides by key; empty for other programs' runs."""
    if not (folder / manifest.CONFIG).exists():
        return {}, {}
    config = OmegaConf.to_container(runs.load_config(folder))
    assert isinstance(config, dict)
    return dict(flatten(config)), dict(map(parse_override, runs.load_overrides(folder)))


def parse_override(text: str) -> tuple[str, str]:
    """Key and value of an override; a key removed by `~key` is null."""
    key, _, value = full_name(text).lstrip("+~").partition("=")
    return key.replace("/", "."), "null" if text.startswith("~") else value


def reason(error: Exception, folder: Path) -> str:
    """One short line of an exception about a file in a folder."""
    text = str(error)
    if isinstance(error, ValidationError):
        first = error.errors(include_input=False, include_url=False)[0]
        text = f"results.json: {'.'.join(map(str, first['loc']))}: {first['msg']}"
    return printable(text.replace(f"{folder}{os.sep}", ""))[:LONGEST_REASON]
