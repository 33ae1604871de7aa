"""Every model on one corpus, over seeds: scores, seconds an epoch and memory.

    python -m benchmarks.accuracy.models imdb data.path=FOLDER [--jobs 2]
    python -m benchmarks.accuracy.models demo data=demo [--jobs 2]

First come the runs that are scored, `--jobs` at once with one thread each. Then every model trains
for one epoch with all threads and nothing beside it, for seconds and memory. Runs stay in
`runs/models-NAME/`, and those that have finished are not repeated. Writes `NAME.csv` and
`NAME-timing.csv`, a row for each run.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd

from benchmarks.accuracy import pretrained
from benchmarks.markdown import mean_and_sd, table
from benchmarks.runs import CORES, Results, train, train_all

HERE = Path(__file__).parent
MODELS = {
    "gru": "model=gru",
    "gru, words": "model=gru ngrams=none",
    "lstm": "model=lstm",
    "lstm, words": "model=lstm ngrams=none",
    "rnn": "model=rnn",
    "conv1d": "model=conv1d",
    "bag": "model=bag",
}
PRESETS = {"gru": "experiment=best_quick", "lstm": "experiment=best_supervised"}
SEEDS = (1, 2, 3, 4, 5)
ACCURACIES = {
    "test accuracy, %": "test_accuracy",
    "without duplicates, %": "test_deduplicated_accuracy",
    "validation, %": "validation_accuracy",
}


def scores(model: str, seed: int, found: Results) -> dict[str, object]:
    """A row of scores."""
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


def costs(model: str, found: Results) -> dict[str, object]:
    """A row of timings."""
    return {
        "model": model,
        "seconds_per_epoch": found["seconds_per_epoch"],
        "tokens_per_second": found["tokens_per_second"],
        "peak_memory_mib": found["peak_memory_bytes"] / 2**20,
        "threads": CORES,
        "precision": found["precision"],
    }


def read(name: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The committed scores, and the timings by model; an earlier version took several of each."""
    timings = pd.read_csv(HERE / f"{name}-timing.csv")
    return pd.read_csv(HERE / f"{name}.csv"), timings.groupby("model").median(numeric_only=True)


def full_table(name: str) -> str:
    """All models with all columns."""
    runs, timings = read(name)
    groups = {str(model): group for model, group in runs.groupby("model")}
    return table(
        {
            "model": model,
            **{title: mean_and_sd(100 * groups[model][c]) for title, c in ACCURACIES.items()},
            "parameters": f"{groups[model]['parameters'].iloc[0]:,}",
            "s / epoch": f"{timings['seconds_per_epoch'][model]:.1f}",
            "peak MiB": f"{timings['peak_memory_mib'][model]:,.0f}",
        }
        for model in runs["model"].unique()
    )


def short_table() -> str:
    """What presets and other models reach on IMDB and what they cost, for the README."""
    runs, timings = read("imdb")
    scores = {model: 100 * group["test_accuracy"] for model, group in runs.groupby("model")}
    epochs = runs.groupby("model")["epochs"].first()
    minutes = epochs * timings["seconds_per_epoch"] / 60
    return table(
        [
            {
                "": f"`{PRESETS.get(model, overrides)}`",
                "test accuracy, %": mean_and_sd(scores[model]),
                "minutes": f"{minutes[model]:.1f}",
                "peak MiB": f"{timings['peak_memory_mib'][model]:,.0f}",
            }
            for model, overrides in MODELS.items()
            if "words" not in model
        ]
        + [pretrained.preset()]
    )


def main() -> None:
    """Train all models and write the data."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name")
    parser.add_argument("overrides", nargs="*")
    parser.add_argument("--jobs", type=int, default=1)
    given = parser.parse_args()
    above = Path("runs") / f"models-{given.name}"
    folders = {model: model.replace(", ", "-") for model in MODELS}
    scored = [(model, seed) for model in MODELS for seed in SEEDS]
    found = train_all(
        {
            above / f"{folders[m]}-{s}": [*MODELS[m].split(), f"seed={s}", *given.overrides]
            for m, s in scored
        },
        given.jobs,
    )
    rows = [scores(*which, results) for which, results in zip(scored, found, strict=True)]
    pd.DataFrame(rows).to_csv(HERE / f"{given.name}.csv", index=False)
    rows = []
    for model, what in MODELS.items():
        overrides = [*what.split(), *given.overrides, "trainer.max_epochs=1"]
        rows.append(costs(model, train(above / f"timing-{folders[model]}", overrides)))
    pd.DataFrame(rows).to_csv(HERE / f"{given.name}-timing.csv", index=False)
    print(full_table(given.name))


if __name__ == "__main__":
    main()
