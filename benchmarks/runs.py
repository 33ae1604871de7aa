"""Train runs in processes of their own, and read what they recorded."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pandas as pd

CORES = os.cpu_count() or 1
TRAIN = ("-m", "rnn_sentiment.train")

Results = dict[str, Any]  # a run's results.json


def command(folder: Path, overrides: Sequence[str], program: Sequence[str] = TRAIN) -> list[str]:
    """The command that trains a run in `folder`; `program` is what Python is given to run."""
    return [sys.executable, *program, f"hydra.run.dir={folder}", *overrides]


def only_batches(number: int) -> list[str]:
    """The overrides of a run that trains so many batches and scores nothing."""
    return [
        f"+trainer.limit_train_batches={number}", "trainer.max_epochs=1",
        "+trainer.limit_val_batches=1", "test=false",
    ]  # fmt: skip


def train(
    folder: Path,
    overrides: Sequence[str],
    threads: int = CORES,
    program: Sequence[str] = TRAIN,
    environment: Mapping[str, str] = MappingProxyType({}),
) -> Results:
    """Train a run with so many threads, unless it has finished before, and read its results.

    A run that was stopped before its end is removed and begins again.

    Args:
        folder: of the run.
        overrides: of the command.
        threads: that compute.
        program: what Python is given to run.
        environment: variables of the run's process, beside those of this one.

    Raises:
        subprocess.CalledProcessError: the run failed.
    """
    file = folder / "results.json"
    if not file.exists() or read(file)["status"] != "completed":
        shutil.rmtree(folder, ignore_errors=True)
        variables = os.environ | {"OMP_NUM_THREADS": str(threads)} | environment
        subprocess.run(command(folder, overrides, program), check=True, env=variables)
    return read(file)


def in_turns(
    cases: Sequence[Mapping[str, Any]],
    rounds: int,
    measure: Callable[[Mapping[str, Any], Path], Mapping[str, Any]],
) -> pd.DataFrame:
    """Measure all cases, one after the other, so many times: a row for each, with its round.

    Args:
        cases: the first columns of their rows.
        rounds: in which all cases take turns.
        measure: gives the other columns, from a case and a folder that is not there yet; that is
            removed afterwards.
    """
    rows = []
    for number in range(1, rounds + 1):
        for case in cases:
            with tempfile.TemporaryDirectory() as work:
                found = measure(case, Path(work) / "run")
            rows.append({"round": number, **case, **found})
    return pd.DataFrame(rows)


def train_all(runs: Mapping[Path, Sequence[str]], jobs: int = CORES) -> list[Results]:
    """Train runs, given as overrides by folder, `jobs` at once with one thread each."""
    with ThreadPoolExecutor(jobs) as pool:
        return list(pool.map(lambda folder: train(folder, runs[folder], threads=1), runs))


def read(file: Path) -> Results:
    """The results of a run."""
    found: Results = json.loads(file.read_text())
    return found
