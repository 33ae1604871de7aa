"""Train runs in processes of their own, and read what they recorded."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

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
    folder: Path, overrides: Sequence[str], threads: int = CORES, program: Sequence[str] = TRAIN
) -> Results:
    """Train a run with so many threads, unless it has finished before, and read its results.

    Raises:
        subprocess.CalledProcessError: the run failed.
    """
    file = folder / "results.json"
    if not file.exists() or read(file)["status"] != "completed":
        environment = os.environ | {"OMP_NUM_THREADS": str(threads)}
        subprocess.run(command(folder, overrides, program), check=True, env=environment)
    return read(file)


def train_all(runs: Mapping[Path, Sequence[str]], jobs: int = CORES) -> list[Results]:
    """Train runs, given as overrides by folder, `jobs` at once with one thread each."""
    with ThreadPoolExecutor(jobs) as pool:
        return list(pool.map(lambda folder: train(folder, runs[folder], threads=1), runs))


def read(file: Path) -> Results:
    """The results of a run."""
    found: Results = json.loads(file.read_text())
    return found
