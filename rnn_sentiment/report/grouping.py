"""Which runs are the same architecture with other seeds, and may stand in one row."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from rnn_sentiment.report.loading import LeftOut, Run, Setting, printable

# Keys that say where and from what seed, not what: runs that differ in these alone are one row.
INCIDENTAL = (
    "seed",
    "resume",
    "sweep",
    "test",
    "name",
    "data.source.path",
    "data.source.fallback",
    "data.reading.seed",
    "data.splits.seed",
    "data.cache",
    "data.seed",
    "data.num_workers",
    "reference",
    "logger",
    "callbacks.inspection",
)


@dataclass(frozen=True)
class Row:
    """Runs of one architecture in one setting, one a seed, in the order of seeds."""

    label: str
    setting: Setting
    runs: tuple[Run, ...]

    @property
    def seeds(self) -> tuple[int, ...]:
        """Seeds of the runs."""
        return tuple(run.seed for run in self.runs)

    @cached_property
    def reviews(self) -> pd.DataFrame | None:
        """The test reviews that the runs share, by `row_id`: `label`, `length`, `duplicate`."""
        if (first := self.runs[0].predictions) is None:
            return None
        return first.set_index("row_id")[["label", "length", "duplicate"]]

    @cached_property
    def correct(self) -> np.ndarray | None:
        """Which test reviews each seed gets right, `(S, N)`; None where predictions lack."""
        return self._stack("correct")

    @cached_property
    def probability(self) -> np.ndarray | None:
        """Probability of label 1, `(S, N)`; None where predictions lack or classes are more."""
        return self._stack("probability")

    @property
    def has_probabilities(self) -> bool:
        """Whether every run has probabilities beside its answers."""
        frames = [run.predictions for run in self.runs]
        return all(f is not None and "probability" in " ".join(f.columns) for f in frames)

    def _stack(self, column: str) -> np.ndarray | None:
        frames = [run.predictions for run in self.runs]
        if any(frame is None or column not in frame for frame in frames):
            return None
        return np.stack([frame[column].to_numpy() for frame in frames if frame is not None])


def group(runs: Sequence[Run]) -> tuple[list[Row], list[LeftOut]]:
    """Make rows of runs, best mean test accuracy first; repeated seeds are left out.

    A row is a name, a configuration but for its seed, and a setting. Where runs of one name differ
    in their configuration, their labels say in what: `gru-hidden_size=64`.
    """
    by_name: dict[str, list[Run]] = defaultdict(list)
    for run in runs:
        by_name[printable(run.results.name)].append(run)
    members: dict[tuple[str, Setting], dict[int, Run]] = defaultdict(dict)
    left_out = []
    for name, namesakes in by_name.items():
        for label, run in zip(labels(name, namesakes), namesakes, strict=True):
            row = members[label, run.setting]
            if run.seed in row:
                why = f"repeats seed {run.seed} of {label}, which {row[run.seed].folder} holds"
                left_out.append(LeftOut(run.folder, why))
            elif not same_reviews(run, next(iter(row.values()), run)):
                why = "its row_ids or labels are not those of the other runs with this fingerprint"
                left_out.append(LeftOut(run.folder, why))
            else:
                row[run.seed] = run
    rows = [
        Row(label, setting, tuple(row[seed] for seed in sorted(row)))
        for (label, setting), row in members.items()
    ]
    return sorted(rows, key=lambda row: (str(row.setting), -accuracy(row), row.label)), left_out


def accuracy(row: Row) -> float:
    """Mean test accuracy over seeds."""
    return float(np.mean([run.test[0].accuracy for run in row.runs]))


def same_reviews(a: Run, b: Run) -> bool:
    """Whether two runs were tested on the same reviews with the same labels."""
    if a.predictions is None or b.predictions is None:
        return True
    columns = ["row_id", "label"]
    return a is b or a.predictions[columns].equals(b.predictions[columns])


def labels(name: str, runs: Sequence[Run]) -> list[str]:
    """Name each run by what sets it apart from its namesakes, the seed excepted."""
    configs = [essentials(run) for run in runs]
    keys = sorted({key for config in configs for key in config})
    differing = [key for key in keys if len({config.get(key) for config in configs}) > 1]
    # What was said on the command line is enough for most; where it is not, everything is said.
    said = [
        {
            key: value
            for key, value in run.overrides.items()
            if value != name and any(f"{d}.".startswith(f"{key}.") for d in differing)
        }
        for run in runs
    ]
    alike = {tuple(config.get(key) for key in differing) for config in configs}
    if len({frozenset(s.items()) for s in said}) < len(alike):
        said = [{key: config[key] for key in differing if key in config} for config in configs]
    return [
        "-".join([name, *(f"{key.split('.')[-1]}={printable(v)}" for key, v in s.items())])
        for s in said
    ]


def essentials(run: Run) -> dict[str, str]:
    """The configuration of a run without its seed and its paths, values as JSON."""

    def incidental(key: str) -> bool:
        return any(key == name or key.startswith(f"{name}.") for name in INCIDENTAL)

    kept = {key: value for key, value in run.config.items() if not incidental(key)}
    return {
        key: value if isinstance(value, str) else json.dumps(value, default=str)
        for key, value in kept.items()
    }
