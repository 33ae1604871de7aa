"""How fast models train, against an earlier version of this package.

    python -m benchmarks.speed.versions data.path=FOLDER

Trains `BATCHES` batches of each model with this version and with the commit `BEFORE`, in turns,
with all cores, `ROUNDS` times. Writes `versions.csv`, a row for each run. Nothing else should be
running.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pandas as pd

from benchmarks.markdown import table
from benchmarks.runs import CORES, command, only_batches

HERE = Path(__file__).parent
DATA = HERE / "versions.csv"
BEFORE = "e48cca2"
MODELS = ("gru", "lstm", "rnn", "conv1d", "bag")
BATCHES, ROUNDS = 30, 2


def measure(model: str, code: Path, overrides: list[str], run: Path) -> dict[str, object]:
    """Train some batches with the package that lies in `code`."""
    environment = os.environ | {"PYTHONPATH": str(code), "OMP_NUM_THREADS": str(CORES)}
    call = command(run, [f"model={model}", "ngrams=none", *only_batches(BATCHES), *overrides])
    subprocess.run(call, check=True, env=environment, cwd=run.parent)
    results = json.loads((run / "results.json").read_text())
    return {
        "model": model,
        "tokens_per_second": round(results["tokens_per_second"]),
        "peak_mib": round(results["peak_memory_bytes"] / 2**20),
        "kernels": results.get("kernels", "stock"),
        "precision": results["precision"],
        "threads": CORES,
    }


def table_of_ratios() -> str:
    """Medians of both versions, and the median, smallest and largest ratio of neighbouring runs."""
    runs = pd.read_csv(DATA).pivot_table(
        index=["model", "round"], columns="version", values=["tokens_per_second", "peak_mib"]
    )
    rows = []
    for model in MODELS:
        speed, peak = (runs.loc[model][what] for what in ("tokens_per_second", "peak_mib"))
        ratio = speed["now"] / speed["before"]
        rows.append(
            {
                "": f"`model={model}`",
                "before, tokens / s": f"{speed['before'].median():,.0f}",
                "now, tokens / s": f"{speed['now'].median():,.0f}",
                "ratio": f"{ratio.median():.2f} ({ratio.min():.2f} – {ratio.max():.2f})",
                "peak MiB before": f"{peak['before'].median():,.0f}",
                "peak MiB now": f"{peak['now'].median():,.0f}",
            }
        )
    return table(rows)


def main() -> None:
    """Measure all models in turns and write the data."""
    root = HERE.parents[1]
    rows = []
    with tempfile.TemporaryDirectory() as work:
        before = Path(work) / "before"
        subprocess.run(["git", "worktree", "add", "--detach", before, BEFORE], cwd=root, check=True)
        try:
            for number in range(1, ROUNDS + 1):
                for model in MODELS:
                    for version, code in (("before", before), ("now", root)):
                        run = Path(work) / f"{model}-{version}-{number}"
                        found = measure(model, code, sys.argv[1:], run)
                        rows.append({"round": number, "version": version, **found})
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", before], cwd=root, check=True)
    pd.DataFrame(rows).to_csv(DATA, index=False)
    print(table_of_ratios())


if __name__ == "__main__":
    main()
