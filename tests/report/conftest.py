"""Run folders as other programs would write them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

NUM_TEST = 2000


def write_run(
    folder: Path,
    name: str,
    seed: int,
    skill: float,
    fingerprint: str = "a" * 16,
    num_test: int = NUM_TEST,
    epochs: int = 3,
    **more: Any,
) -> Path:
    """A run whose answers are right with probability `skill`, some reviews being hard for all."""
    folder.mkdir(parents=True)
    reviews = np.random.default_rng(0)
    labels = reviews.integers(0, 2, num_test)
    hardness = reviews.normal(0, 1, num_test)
    noise = np.random.default_rng([seed, *name.encode()]).normal(0, 1, num_test)
    score = (hardness + noise) / 2**0.5
    right = score < np.quantile(score, skill)
    probability = np.where(right == (labels == 1), 0.8, 0.2) + np.linspace(0, 1e-4, num_test)
    frame = pd.DataFrame(
        {
            "row_id": [f"{i:016x}" for i in range(num_test)],
            "label": labels,
            "probability": probability,
            "duplicate": np.arange(num_test) % 50 == 0,
            "length": reviews.integers(10, 900, num_test),
        }
    )
    frame.to_parquet(folder / "predictions.parquet")
    history = [
        {"epoch": e, "train/accuracy": 0.7 + e / 20, "val/accuracy": 0.7 + e / 40, "val/loss": 0.5}
        for e in range(epochs)
    ]
    results = {
        "name": name,
        "seed": seed,
        "status": "completed",
        "data": {"fingerprint": fingerprint, "sizes": {"train": 90, "test": num_test}},
        "seconds_per_epoch": 10.0 + seed,
        "parameters": 1000,
        "precision": "32-true",
        "history": history,
    }
    (folder / "results.json").write_text(json.dumps(results | more))
    return folder


@pytest.fixture(autouse=True)
def close_figures() -> Iterator[None]:
    """Matplotlib keeps every figure, and warns of more than 20."""
    yield
    plt.close("all")


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """Three architectures with three seeds each: one good, two alike."""
    folder = tmp_path / "runs"
    for name, skill in (("gru", 0.90), ("lstm", 0.80), ("rnn", 0.801)):
        for seed in (1, 2, 3):
            write_run(folder / f"{name}-{seed}", name, seed, skill)
    return folder


WriteRun = Callable[..., Path]
