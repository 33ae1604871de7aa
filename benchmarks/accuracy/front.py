"""What accuracy costs: all systems on IMDB by their minutes of training.

    python -m benchmarks.accuracy.front

Reads the committed data of the other benchmarks, and draws `front.svg`: those systems are joined
that no other one beats in less time.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from benchmarks.accuracy import models, nbsvm, pretrained
from benchmarks.figures import save
from benchmarks.markdown import mean_and_sd, table

FIGURE = Path(__file__).with_name("front.svg")
TICKS = (0.5, 1, 2, 5, 10, 20, 50, 100)  # minutes


class System(NamedTuple):
    """A row of the table, and a dot of the figure.

    `accuracies` are those of its seeds on the test part, in percent.
    """

    name: str
    reads: str
    accuracies: pd.Series
    minutes: float
    peak_mib: float

    @property
    def accuracy(self) -> float:
        """The mean."""
        return float(self.accuracies.mean())


def systems() -> list[System]:
    """All that were scored on the test part, the most accurate first."""
    found = []
    linear = pd.read_csv(nbsvm.TESTED).set_index("trained_on").loc["train"]
    found.append(
        System(
            "NBSVM", "labelled reviews", pd.Series([100 * linear["test_accuracy"]]),
            linear["seconds"] / 60, linear["peak_memory_mib"],
        )
    )  # fmt: skip
    runs, timings = models.read("imdb")
    for model, rows in runs.groupby("model"):
        costs = timings.loc[model]
        minutes = rows["epochs"].iloc[0] * costs["seconds_per_epoch"] / 60
        accuracies, peak = 100 * rows["test_accuracy"], costs["peak_memory_mib"]
        found.append(System(f"`{model}`", "labelled reviews", accuracies, minutes, peak))
    accuracy, minutes, peak = pretrained.preset_scores()
    accuracies = pd.Series([100 * accuracy])
    found.append(System("`best_semi_supervised`", "all reviews", accuracies, minutes, peak))
    return sorted(found, key=lambda system: -system.accuracy)


def is_on_front(system: System, others: list[System]) -> bool:
    """Whether no other system is as accurate in less time."""
    return not any(o.minutes < system.minutes and o.accuracy >= system.accuracy for o in others)


def table_of_systems() -> str:
    """Accuracy, time and memory of all systems."""
    found = systems()
    return table(
        {
            "": system.name,
            "reads": system.reads,
            "test accuracy, %": mean_and_sd(system.accuracies),
            "seeds": len(system.accuracies),
            "minutes": f"{system.minutes:.1f}",
            "peak MiB": f"{system.peak_mib:,.0f}",
            "more accurate than all that are faster": "yes" if is_on_front(system, found) else "",
        }
        for system in found
    )


def main() -> None:
    """Draw the figure."""
    found = systems()
    front = sorted((s for s in found if is_on_front(s, found)), key=lambda s: s.minutes)
    figure, axis = plt.subplots(figsize=(6.4, 4), layout="constrained")
    axis.step(
        [s.minutes for s in front], [s.accuracy for s in front], where="post", color="lightgray"
    )
    for system in found:
        on_front = system in front
        to_the_left = on_front or system.name == "`gru, words`"  # or it would hide its neighbour's
        spread = np.std(system.accuracies, ddof=1) if len(system.accuracies) > 1 else 0
        axis.errorbar(
            system.minutes, system.accuracy, spread, fmt="o", markersize=5, capsize=2,
            color="C0" if on_front else "gray",
        )  # fmt: skip
        axis.annotate(
            system.name.strip("`"), (system.minutes, system.accuracy), textcoords="offset points",
            xytext=(-6, -2) if to_the_left else (6, -4), ha="right" if to_the_left else "left",
            fontsize=8,
        )  # fmt: skip
    axis.set_xscale("log")
    axis.set_xticks(TICKS, [f"{tick:g}" for tick in TICKS])
    axis.minorticks_off()
    axis.set_xlabel("minutes of training on two CPU cores")
    axis.set_ylabel("test accuracy, %")
    axis.margins(x=0.15, y=0.08)
    save(figure, FIGURE)
    print(table_of_systems())


if __name__ == "__main__":
    main()
