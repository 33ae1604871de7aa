"""All that a CUDA device has to show: its tests, its speed, and the capstone's runs.

    python -m benchmarks.gpu.report data.path=FOLDER [--jobs 5]

Runs `tests/cuda`, times training steps against the bare passes of cuDNN at the same shapes, and
trains three cells over five seeds for ten epochs, `--jobs` at once. Writes `tests.csv`,
`steps.csv`, `capstone.csv`, `environment.json` and `report.md` beside this file, or in `--out`. The
runs stay in `runs/gpu-capstone`; those that have finished are not repeated, but only a call that
trains them all tells how long they take. `--device cpu` rehearses it where there is no device, and
belongs in another `--out`.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import torch

from benchmarks.gpu import capstone, checks, steps
from benchmarks.markdown import mean_and_sd, table

HERE = Path(__file__).parent
MODELS = ("rnn", "lstm", "gru", "mingru", "minlstm", "qrnn", "lru")
PRECISIONS = ("16-mixed", "bf16-mixed", "32-true")
LIMIT, MINUTES = 1.25, 5  # of a step, in bare passes; of the capstone


def environment(device: str) -> dict[str, object]:
    """The device and the libraries that drive it."""
    on_gpu = device == "cuda"
    return {
        "device": torch.cuda.get_device_name() if on_gpu else "cpu",
        "torch": torch.__version__,
        "cuda": torch.version.cuda,
        "cudnn": torch.backends.cudnn.version() if on_gpu else None,
        "memory_gib": round(torch.cuda.mem_get_info()[1] / 2**30, 1) if on_gpu else None,
    }


def table_of_steps(rows: pd.DataFrame) -> str:
    """Milliseconds of a step and of the bare passes, and their ratio."""
    return table(
        {
            "model": row.model,
            "precision": row.precision,
            "step, ms": f"{row.step_ms:.2f}",
            "bare passes, ms": "" if pd.isna(row.bare_ms) else f"{row.bare_ms:.2f}",
            "ratio": "" if pd.isna(row.ratio) else f"{row.ratio:.2f}",
        }
        for row in rows.itertuples()
    )


def table_of_runs(rows: pd.DataFrame) -> str:
    """Accuracy over seeds and what an epoch costs, by model."""
    return table(
        {
            "model": model,
            "runs": len(own),
            "test accuracy, %": mean_and_sd(100 * own["test_accuracy"]),
            "s / epoch": f"{own['seconds_per_epoch'].median():.1f}",
            "tokens / s": f"{own['tokens_per_second'].median():,.0f}",
            "peak MiB": f"{own['peak_mib'].median():,.0f}",
        }
        for model, own in rows.groupby("model")
    )


def page(folder: Path) -> str:
    """The report on what a folder holds."""
    where = json.loads((folder / "environment.json").read_text())
    tests, timed, runs = (
        pd.read_csv(folder / f"{name}.csv", keep_default_na=name != "tests")
        for name in ("tests", "steps", "capstone")
    )
    counts = tests["outcome"].value_counts()
    not_passed = tests[tests["outcome"] != "passed"]
    worst = timed["ratio"].max()
    seconds = where["capstone_seconds"]
    took = "resumed, and so not timed" if seconds is None else f"in {seconds / 60:.1f} minutes"
    algorithms = {row.model: row.kernels for row in timed.dropna(subset=["kernels"]).itertuples()}
    return "\n".join(
        [
            f"# Measured on {where['device']}",
            "",
            f"torch {where['torch']}, CUDA {where['cuda']}, cuDNN {where['cudnn']}.",
            "",
            "## Tests",
            "",
            ", ".join(f"{number} {outcome}" for outcome, number in counts.items()) + ".",
            *(f"- {t.outcome}: {t.test}: {t.reason}" for t in not_passed.itertuples()),
            "",
            "## A training step against the bare passes of its recurrent layer",
            "",
            table_of_steps(timed),
            "",
            f"The largest ratio is {worst:.2f}; the aim is {LIMIT} or less. What the bare passes "
            "spent the most time in:",
            *(f"- {model}: {kernels}" for model, kernels in algorithms.items()),
            "",
            "## The capstone",
            "",
            f"{len(runs)} runs, {where['jobs']} at once, {took}; the aim is {MINUTES} minutes or "
            "less.",
            "",
            table_of_runs(runs),
            "",
        ]
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Run everything on the device and write the report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("overrides", nargs="*")
    parser.add_argument("--device", choices=["cuda", "cpu"], default="cuda")
    parser.add_argument("--jobs", type=int, default=5)
    parser.add_argument("--out", type=Path, default=HERE)
    given = parser.parse_args(arguments)
    if given.device == "cuda" and not torch.cuda.is_available():
        sys.exit("error: there is no CUDA device here; --device cpu --out FOLDER rehearses")
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    given.out.mkdir(parents=True, exist_ok=True)
    facts = environment(given.device) | {"jobs": given.jobs}
    pd.DataFrame(checks.run_tests(given.device)).to_csv(given.out / "tests.csv", index=False)
    rows = [
        steps.measure(given.device, model, precision, steps.Shape())
        for precision in (PRECISIONS if given.device == "cuda" else PRECISIONS[1:])
        for model in MODELS
    ]
    pd.DataFrame(rows).to_csv(given.out / "steps.csv", index=False)
    trainer = steps.TRAINERS[given.device]
    runs, seconds = capstone.train(
        trainer, given.jobs, given.overrides, Path("runs") / f"{trainer}-capstone"
    )
    pd.DataFrame(runs).to_csv(given.out / "capstone.csv", index=False)
    facts["capstone_seconds"] = seconds
    (given.out / "environment.json").write_text(json.dumps(facts, indent=1))
    (given.out / "report.md").write_text(page(given.out))
    print(page(given.out))


if __name__ == "__main__":
    main()
