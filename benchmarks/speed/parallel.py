"""Recurrent networks, parallel in time and not, by length of the reviews.

    python -m benchmarks.speed.parallel times data.path=FOLDER [--batches 50]
    python -m benchmarks.speed.parallel scores data.path=FOLDER [--jobs 2] [--seeds 3]

`times` trains `--batches` batches of every model at every length, `ROUNDS` times in turns, with all
threads and nothing beside it, for seconds and memory: `parallel-times.csv`. `scores` trains whole
runs, `--jobs` at once with one thread each, for accuracy: `parallel-scores.csv`. Runs stay in
`runs/parallel/`, and those that have finished are not repeated: a call that was stopped goes on.
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path

import pandas as pd

from benchmarks.markdown import mean_and_sd, table
from benchmarks.runs import CORES, Results, only_batches, train, train_all
from rnn_sentiment import kernels

HERE = Path(__file__).parent
TIMES, SCORES = HERE / "parallel-times.csv", HERE / "parallel-scores.csv"
MODELS = ("rnn", "lstm", "gru", "mingru", "minlstm", "qrnn", "lru")
LENGTHS = {"100": 100, "500": 500, "2,000": 2000, "all": 100_000}  # words, by name
ROUNDS = 2
WHAT = ("ngrams=none", "callbacks.pictures=null", "callbacks.early_stopping=null")


def chosen(model: str, length: str) -> list[str]:
    """The overrides of a model at a length."""
    return [f"model={model}", f"data.max_length={LENGTHS[length]}", *WHAT]


def costs(found: Results, num_batches: int) -> dict[str, object]:
    """Speed and memory of a run of `num_batches` batches."""
    data = found["data"]
    in_epoch = math.ceil(data["sizes"]["train"] / data["batch_size"])
    return {
        "tokens_per_second": round(found["tokens_per_second"]),
        "seconds_per_epoch": round(found["seconds_per_epoch"] * in_epoch / num_batches, 1),
        "peak_mib": round(found["peak_memory_bytes"] / 2**20),
        "kernels": found["kernels"],
        "device": found["device"],
        "precision": found["precision"],
        "threads": CORES,
    }


def measure_times(overrides: list[str], num_batches: int) -> None:
    """Train some batches of everything, and write what they cost."""
    few = only_batches(num_batches)
    kernels.in_use()  # compiles them, which a run would be charged with
    rows = []
    for number in range(1, ROUNDS + 1):
        for length in LENGTHS:
            for model in MODELS:
                run = Path("runs/parallel") / f"time-{number}-{model}-{LENGTHS[length]}"
                found = train(run, [*chosen(model, length), *few, *overrides])
                row = {"round": number, "length": length, "model": model}
                rows.append(row | costs(found, num_batches))
                pd.DataFrame(rows).to_csv(TIMES, index=False)


def measure_scores(overrides: list[str], jobs: int, seeds: int) -> None:
    """Train whole runs of everything, and write their accuracies."""
    cases = [
        (length, model, seed)
        for seed in range(1, seeds + 1)
        for length in LENGTHS
        for model in MODELS
    ]
    runs = {
        Path("runs/parallel") / f"score-{model}-{LENGTHS[length]}-{seed}": [
            *(*chosen(model, length), f"seed={seed}", *overrides)
        ]
        for length, model, seed in cases
    }
    rows = [
        {
            "length": length,
            "model": model,
            "seed": seed,
            "test_accuracy": found["test"]["accuracy"],
            "validation_accuracy": found["validation"]["accuracy"],
            "epochs": len(found["history"]),
            "parameters": found["parameters"],
            "fingerprint": found["data"]["fingerprint"],
        }
        for (length, model, seed), found in zip(cases, train_all(runs, jobs), strict=True)
    ]
    pd.DataFrame(rows).to_csv(SCORES, index=False)


def table_of_lengths() -> str:
    """Medians of the times at every length, and accuracies where there are any."""
    times = pd.read_csv(TIMES, dtype={"length": str}).groupby(["length", "model"])
    medians = times.median(numeric_only=True)
    scores = pd.read_csv(SCORES, dtype={"length": str}) if SCORES.exists() else None
    rows = []
    for length in LENGTHS:
        for model in MODELS:
            cost = medians.loc[length, model]
            row = {
                "words of a review": length,
                "model": model,
                "tokens / s": f"{cost['tokens_per_second']:,.0f}",
                "s / epoch": f"{cost['seconds_per_epoch']:,.0f}",
                "peak MiB": f"{cost['peak_mib']:,.0f}",
            }
            if scores is not None:
                own = scores[(scores["length"] == length) & (scores["model"] == model)]
                row["test accuracy, %"] = mean_and_sd(100 * own["test_accuracy"])
            rows.append(row)
    return table(rows)


def main() -> None:
    """Measure what is asked for, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["times", "scores"])
    parser.add_argument("overrides", nargs="*")
    parser.add_argument("--batches", type=int, default=50)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--seeds", type=int, default=3)
    given = parser.parse_args()
    if given.what == "times":
        measure_times(given.overrides, given.batches)
    else:
        measure_scores(given.overrides, given.jobs, given.seeds)
    if TIMES.exists():
        print(table_of_lengths())


if __name__ == "__main__":
    main()
