"""The lectures' three recurrent networks over seeds, several jobs at once on one device."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

CELLS, SEEDS, EPOCHS = ("rnn", "lstm", "gru"), (1, 2, 3, 4, 5), 10


def train(
    trainer: str, jobs: int, overrides: Sequence[str], folder: Path
) -> tuple[list[dict[str, object]], float | None]:
    """Train all runs, or those that are missing.

    Returns:
        A row for each, and the seconds that all took; None if some were there before.

    Raises:
        subprocess.CalledProcessError: a run failed.
    """
    begun, start = any(folder.glob("*/results.json")), time.perf_counter()
    command = [
        *(sys.executable, "-m", "rnn_sentiment.train", "-m"),
        "experiment=" + ",".join(f"capstone_{cell}" for cell in CELLS),
        "seed=" + ",".join(map(str, SEEDS)),
        *(f"trainer={trainer}", f"trainer.max_epochs={EPOCHS}", f"sweep.jobs={jobs}"),
        *("sweep.resume=true", f"hydra.sweep.dir={folder}", *overrides),
    ]
    subprocess.run(command, check=True)
    seconds = None if begun else round(time.perf_counter() - start, 1)
    found = [json.loads(file.read_text()) for file in sorted(folder.glob("*/results.json"))]
    rows = [
        {
            "model": results["model"]["name"],
            "seed": results["seed"],
            "test_accuracy": results["test"]["accuracy"],
            "seconds_per_epoch": round(results["seconds_per_epoch"], 2),
            "tokens_per_second": round(results["tokens_per_second"]),
            "peak_mib": round(results["peak_memory_bytes"] / 2**20),
            "precision": results["precision"],
            "device": results["device"],
        }
        for results in found
    ]
    return rows, seconds
