"""How long this package and Keras train until 87 % of the validation reviews are right.

    python -m benchmarks.speed.to_accuracy KERAS_PYTHON data.path=FOLDER

Three networks of `frameworks.py`, without dropout, on all training reviews of IMDB and with all
cores; before them `model=gru` with its defaults. Seconds are those of training steps. Nothing else
should be running. Writes `to_accuracy.csv`, a row for each epoch.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.markdown import table
from benchmarks.runs import train
from benchmarks.speed.frameworks import (
    HERE,
    OURS,
    SYSTEMS,
    overrides_of,
    padded,
    read_data,
    train_other,
)
from rnn_sentiment import kernels
from rnn_sentiment.percentages import percentage

DATA = HERE / "to_accuracy.csv"
GOAL, EPOCHS = 0.87, 5
CHOSEN = ("LSTM(64)", "GRU(128)", "Conv1d(128), widths 1, 3, 5")
DEFAULT = "`model=gru`"

Epochs = Sequence[tuple[float, float]]  # seconds of training and accuracy on the validation part


def export(overrides: Sequence[str], file: Path) -> None:
    """Write all reviews of the train and the validation part."""
    data = read_data(overrides)
    parts = {"": data.train_set, "validation_": data.validation_set}
    arrays = {
        before + name: array
        for before, part in parts.items()
        for name, array in padded(part, list(range(len(part)))).items()
    }
    np.savez(file, vocabulary_size=len(data.vocabulary), **arrays)


def train_ours(overrides: Sequence[str]) -> Epochs:
    """The epochs of a run of this package."""
    with tempfile.TemporaryDirectory() as above:
        history = train(Path(above) / "run", [*overrides, "test=false"])["history"]
    return [(row["train/epoch_seconds"], row["val/accuracy"]) for row in history]


def train_keras(python: str, system: str, data: Path) -> Epochs:
    """The epochs of Keras, until the goal is reached."""
    arguments = (data, EPOCHS, GOAL, *SYSTEMS[system])
    found = train_other(python, "to_accuracy_keras.py", *arguments)
    return list(zip(found["seconds"], found["accuracy"], strict=True))


def rows_of(system: str, contestant: str, epochs: Epochs) -> Iterator[dict[str, object]]:
    """A row for each epoch."""
    for number, (seconds, accuracy) in enumerate(epochs, 1):
        yield {
            "system": system, "with": contestant, "epoch": number,
            "seconds": round(seconds, 1), "accuracy": round(accuracy, 4),
        }  # fmt: skip


def table_of_seconds() -> str:
    """Epochs and seconds of training until the goal, or the best accuracy without it."""
    rows = []
    for (system, contestant), epochs in pd.read_csv(DATA).groupby(["system", "with"], sort=False):
        there = epochs.loc[epochs["accuracy"] >= GOAL, "epoch"]
        needed = epochs[epochs["epoch"] <= there.min()] if len(there) else epochs
        rows.append(
            {
                "": system,
                "with": contestant,
                "epochs": len(needed),
                "seconds of training": f"{needed['seconds'].sum():.0f}",
                "validation accuracy": percentage(needed["accuracy"].max()),
            }
        )
    return table(rows)


def main() -> None:
    """Train all, one after the other, and write the data."""
    keras_python, *overrides = sys.argv[1:]
    kernels.in_use()  # compiles them, which an epoch would be charged with
    rows = [*rows_of(DEFAULT, OURS, train_ours(["model=gru", *overrides]))]
    with tempfile.TemporaryDirectory() as work:
        data = Path(work) / "reviews.npz"
        export(overrides, data)
        for system in CHOSEN:
            rows += rows_of(system, OURS, train_ours([*overrides_of(system), *overrides]))
            rows += rows_of(system, "Keras", train_keras(keras_python, system, data))
            pd.DataFrame(rows).to_csv(DATA, index=False)
    print(table_of_seconds())


if __name__ == "__main__":
    main()
