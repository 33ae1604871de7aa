"""Peak memory of training by how many compiled products oneDNN keeps.

    python -m benchmarks.speed.primitives data.path=FOLDER

Matrix products on a CPU are compiled for their shapes, and batches have hundreds of those. Trains
`BATCHES` batches of models at a time, with all cores, keeping as many products as this package
does, and as oneDNN does by default. All take turns, `ROUNDS` times. Writes `primitives.csv`, a row
for each run.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.markdown import table
from benchmarks.runs import CORES, in_turns, train

DATA = Path(__file__).with_name("primitives.csv")
MODELS = ("gru", "conv1d", "mingru", "minlstm", "qrnn", "lru")
CAPACITIES = (16, 1024)
BATCHES, ROUNDS = 100, 2
WHAT = ("ngrams=none", "trainer.max_epochs=1", "test=false", "callbacks.pictures=null")


def measure(case: Mapping[str, Any], run: Path) -> dict[str, object]:
    """Train some batches, and score the validation part."""
    few = f"+trainer.limit_train_batches={BATCHES}"
    kept = {"ONEDNN_PRIMITIVE_CACHE_CAPACITY": str(case["kept"])}
    overrides = [f"model={case['model']}", few, *WHAT, *sys.argv[1:]]
    found = train(run, overrides, environment=kept)
    return {
        "peak_mib": round(found["peak_memory_bytes"] / 2**20),
        "tokens_per_second": round(found["tokens_per_second"]),
        "precision": found["precision"],
        "threads": CORES,
    }


def table_of_peaks() -> str:
    """Medians of peak memory and speed."""
    data = pd.read_csv(DATA).groupby(["model", "kept"]).median(numeric_only=True)
    rows = []
    for model in MODELS:
        row = {"model": f"`{model}`"}
        for kept in CAPACITIES:
            found = data.loc[model, kept]
            row[f"{kept:,} kept: peak MiB"] = f"{found['peak_mib']:,.0f}"
            row[f"{kept:,} kept: tokens / s"] = f"{found['tokens_per_second']:,.0f}"
        rows.append(row)
    return table(rows)


def main() -> None:
    """Measure in turns and write the data."""
    cases = [{"model": model, "kept": kept} for model in MODELS for kept in CAPACITIES]
    in_turns(cases, ROUNDS, measure).to_csv(DATA, index=False)
    print(table_of_peaks())


if __name__ == "__main__":
    main()
