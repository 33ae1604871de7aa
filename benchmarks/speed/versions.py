"""How fast models train, against an earlier version of this package.

    python -m benchmarks.speed.versions data.path=FOLDER

Trains `BATCHES` batches of each model with this version and with the commit `BEFORE`, in turns,
with all cores, `ROUNDS` times. Writes `versions.csv`, a row for each run. Nothing else should be
running.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.markdown import table
from benchmarks.runs import CORES, TRAIN, in_turns, only_batches, train

HERE = Path(__file__).parent
DATA = HERE / "versions.csv"
BEFORE = "e48cca2"
MODELS = ("gru", "lstm", "rnn", "conv1d", "bag")
BATCHES, ROUNDS = 30, 2
ISOLATED = ("-P", *TRAIN)  # from the version's code, whatever the working folder holds


def measure(
    code: Mapping[str, Path], overrides: list[str], case: Mapping[str, Any], run: Path
) -> dict[str, object]:
    """Train some batches with the package that lies in the version's `code`."""
    what = [f"model={case['model']}", "ngrams=none", *only_batches(BATCHES), *overrides]
    environment = {"PYTHONPATH": str(code[case["version"]])}
    results = train(run, what, program=ISOLATED, environment=environment)
    return {
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
    with tempfile.TemporaryDirectory() as work:
        before = Path(work) / "before"
        subprocess.run(["git", "worktree", "add", "--detach", before, BEFORE], cwd=root, check=True)
        try:
            code = {"before": before, "now": root}
            cases = [{"version": v, "model": model} for model in MODELS for v in code]
            found = in_turns(cases, ROUNDS, partial(measure, code, sys.argv[1:]))
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", before], cwd=root, check=True)
    found.to_csv(DATA, index=False)
    print(table_of_ratios())


if __name__ == "__main__":
    main()
