"""How many labels a language model saves: accuracy by labelled reviews, with and without one.

    python -m benchmarks.accuracy.few_labels data.path=FOLDER [--seeds 3] [--jobs 2]

Trains the default GRU, and a classifier that starts from a language model, on some of the train
part's reviews; the validation part, of 2,506, chooses the epoch of both. The language model is that
of `benchmarks.accuracy.pretrained`, which is trained first if it is not there. Runs stay in
`runs/few_labels/`, and those that have finished are not repeated. Writes `few_labels.csv`, a row
for each run, and `few_labels.svg`.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd

from benchmarks.accuracy.pretrained import language_model
from benchmarks.figures import save
from benchmarks.markdown import mean_and_sd, table
from benchmarks.runs import train_all

DATA = Path(__file__).with_name("few_labels.csv")
SIZES = (100, 500, 2_500)
WITHOUT, WITH = "default GRU", "from a language model"


def overrides(system: str, model: Path) -> list[str]:
    """What makes a system."""
    return ["model=gru"] if system == WITHOUT else [f"pretrained={model.resolve()}"]


def table_of_sizes() -> str:
    """Test accuracy by size, mean and standard deviation over seeds."""
    accuracies = 100 * pd.read_csv(DATA).set_index(["size", "system"])["test_accuracy"]
    return table(
        {"labelled reviews": f"{size:,}"}
        | {f"{system}, %": mean_and_sd(accuracies[size, system], 1) for system in (WITHOUT, WITH)}
        for size in SIZES
    )


def draw() -> None:
    """Accuracy by labelled reviews: every run a dot, and lines through the means."""
    data = pd.read_csv(DATA)
    figure, axis = plt.subplots(figsize=(5, 3.2), layout="constrained")
    for system, rows in data.groupby("system", sort=False):
        means = 100 * rows.groupby("size")["test_accuracy"].mean()
        (drawn,) = axis.plot(means.index, means, label=system)
        axis.scatter(rows["size"], 100 * rows["test_accuracy"], s=12, color=drawn.get_color())
    axis.set_xscale("log")
    axis.set_xticks(SIZES, [f"{size:,}" for size in SIZES])
    axis.minorticks_off()
    axis.set_xlabel("labelled reviews")
    axis.set_ylabel("test accuracy, %")
    axis.legend()
    save(figure, DATA.with_suffix(".svg"))


def main() -> None:
    """Train everything, and write data and figure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("overrides", nargs="*")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=2)
    given = parser.parse_args()
    folder, _ = language_model(given.overrides)
    cases = [
        (size, system, seed)
        for seed in range(1, given.seeds + 1)
        for size in SIZES
        for system in (WITHOUT, WITH)
    ]
    runs = {
        Path("runs/few_labels") / f"{system.replace(' ', '-')}-{size}-{seed}": [
            *overrides(system, folder),
            *(f"data.train_size={size}", f"seed={seed}", *given.overrides),
        ]
        for size, system, seed in cases
    }
    rows = [
        {
            "size": size,
            "system": system,
            "seed": seed,
            "test_accuracy": found["test"]["accuracy"],
            "validation_accuracy": found["validation"]["accuracy"],
            "epochs": len(found["history"]),
            "fingerprint": found["data"]["fingerprint"],
        }
        for (size, system, seed), found in zip(cases, train_all(runs, given.jobs), strict=True)
    ]
    pd.DataFrame(rows).to_csv(DATA, index=False)
    draw()
    print(table_of_sizes())


if __name__ == "__main__":
    main()
