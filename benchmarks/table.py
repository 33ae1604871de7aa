"""Every model over seeds on one corpus: scores, seconds per epoch and memory, as data and a table.

    python benchmarks/table.py imdb data.path=FOLDER [--jobs 2]
    python benchmarks/table.py demo data=demo [--jobs 2]

First the runs that are scored, each in a process of its own, `--jobs` at once with one thread each;
a finished run is not repeated. Then every model alone on the machine for one epoch with all
threads, `TIMINGS` times in turns: these give seconds and memory. Runs are kept in
`runs/table-NAME/`; writes `benchmarks/NAME.csv` (a row per run), `benchmarks/NAME-timing.csv` and
`benchmarks/NAME.md`.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pandas as pd

HERE = Path(__file__).parent
MODELS = {
    "bag": "model=bag",
    "bag, bigrams": "model=bag ngrams=hashed",
    "conv1d": "model=conv1d",
    "conv1d, bigrams": "model=conv1d ngrams=hashed",
    "rnn": "model=rnn",
    "lstm": "model=lstm",
    "gru": "model=gru",
}
SEEDS = (1, 2, 3)
TIMINGS = 2


def run(folder: Path, threads: int, overrides: list[str]) -> dict[str, Any]:
    """Train one run unless its results are there, and read them."""
    results = folder / "results.json"
    if not results.exists():
        command = [sys.executable, "-m", "rnn_sentiment.train", f"hydra.run.dir={folder}"]
        environment = os.environ | {"OMP_NUM_THREADS": str(threads)}
        subprocess.run([*command, *overrides], check=True, env=environment)
    found: dict[str, Any] = json.loads(results.read_text())
    return found


def command_line() -> str:
    """The command that ran, as anyone would type it."""
    words = [re.sub(r"^(data\.path=).*", r"\1FOLDER", word) for word in sys.argv[1:]]
    words = [word for word in words if not word.startswith("data.cache=")]
    return " ".join(["python", f"benchmarks/{Path(sys.argv[0]).name}", *words])


def folder_of(model: str) -> str:
    """A model's name without blanks."""
    return model.replace(", ", "-")


def score(above: Path, model: str, seed: int, overrides: list[str]) -> dict[str, object]:
    """One row of scores."""
    what = [*MODELS[model].split(), f"seed={seed}", *overrides]
    found = run(above / f"{folder_of(model)}-{seed}", 1, what)
    return {
        "model": model,
        "seed": seed,
        "test_accuracy": found["test"]["accuracy"],
        "test_deduplicated_accuracy": found["test_deduplicated"]["accuracy"],
        "validation_accuracy": found["validation"]["accuracy"],
        "test_auroc": found["test"]["auroc"],
        "test_calibration_error": found["test"]["calibration_error"],
        "best_epoch": found["validation"]["epoch"] + 1,
        "epochs": len(found["history"]),
        "parameters": found["parameters"],
        "precision": found["precision"],
        "fingerprint": found["data"]["fingerprint"],
    }


def clock(above: Path, model: str, repeat: int, overrides: list[str]) -> dict[str, object]:
    """One row of timings: an epoch with nothing else on the machine."""
    what = [*MODELS[model].split(), *overrides, "trainer.max_epochs=1"]
    found = run(above / f"timing-{folder_of(model)}-{repeat}", os.cpu_count() or 1, what)
    return {
        "model": model,
        "repeat": repeat,
        "seconds_per_epoch": found["seconds_per_epoch"],
        "tokens_per_second": found["tokens_per_second"],
        "peak_memory_mib": found["peak_memory_bytes"] / 2**20,
        "threads": os.cpu_count(),
        "precision": found["precision"],
    }


def table(scores: pd.DataFrame, timings: pd.DataFrame) -> str:
    """Means over seeds and medians of timings, as Markdown."""
    lines = [
        "| model | test accuracy, % | without duplicates, % | validation, % | parameters "
        "| s / epoch | peak MiB |",
        "|---|---|---|---|---|---|---|",
    ]
    for model in MODELS:
        group, timed = scores[scores["model"] == model], timings[timings["model"] == model]
        accuracies = " | ".join(
            f"{100 * group[c].mean():.2f} ± {100 * group[c].std():.2f}"
            for c in ("test_accuracy", "test_deduplicated_accuracy", "validation_accuracy")
        )
        lines.append(
            f"| {model} | {accuracies} | {group['parameters'].iloc[0]:,} "
            f"| {timed['seconds_per_epoch'].median():.1f} "
            f"| {timed['peak_memory_mib'].median():,.0f} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Run all models and write the files."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name")
    parser.add_argument("overrides", nargs="*")
    parser.add_argument("--jobs", type=int, default=1)
    arguments = parser.parse_args()
    name, overrides = arguments.name, arguments.overrides
    above = Path("runs") / f"table-{name}"
    with ThreadPoolExecutor(arguments.jobs) as pool:
        jobs = [pool.submit(score, above, m, s, overrides) for m in MODELS for s in SEEDS]
        scores = pd.DataFrame([job.result() for job in jobs])
    timings = pd.DataFrame(
        [clock(above, model, r, overrides) for r in range(TIMINGS) for model in MODELS]
    )
    scores.to_csv(HERE / f"{name}.csv", index=False)
    timings.to_csv(HERE / f"{name}-timing.csv", index=False)
    text = (
        f"# Every model on the {name} corpus\n\n"
        f"`{command_line()}`: {len(SEEDS)} seeds with the "
        "defaults of each model, checkpoints chosen by validation; mean ± standard deviation over "
        f"seeds. Seconds of an epoch's training and peak memory of the process are medians of "
        f"{TIMINGS} runs alone on a machine with {os.cpu_count()} CPU cores, "
        f"{timings['precision'].iloc[0]}.\n\n{table(scores, timings)}\n"
    )
    (HERE / f"{name}.md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
