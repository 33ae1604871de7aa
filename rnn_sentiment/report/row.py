"""A row of a report: runs of one architecture and their answers on the test reviews."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from rnn_sentiment.report.family import difference
from rnn_sentiment.report.loading import Run, Setting
from rnn_sentiment.report.predictions import probability_columns
from rnn_sentiment.report.statistics import Estimate, mean_interval
from rnn_sentiment.storage import printable


@dataclass(frozen=True)
class Row:
    """Runs of one architecture in one setting: one for each seed, in the order of seeds.

    Attributes:
        label: its name in claims and commands.
        name: its name on a page.
    """

    label: str
    setting: Setting
    runs: tuple[Run, ...]
    name: str

    @property
    def seeds(self) -> tuple[int, ...]:
        """Seeds of the runs."""
        return tuple(run.seed for run in self.runs)

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes by label; empty if runs do not state them."""
        return tuple(map(printable, self.runs[0].results.classes))

    def called(self, label: int) -> str:
        """The name of a class, or its number; of several labels the names of all."""
        names = self.classes
        if self.setting.several:
            return " | ".join(n for i, n in enumerate(names) if label >> i & 1) or "none"
        return names[label] if label < len(names) else str(label)

    @property
    def accuracies(self) -> tuple[float, ...]:
        """Test accuracies of the runs."""
        return tuple(run.test[0].accuracy for run in self.runs)

    @cached_property
    def accuracy(self) -> Estimate:
        """Mean test accuracy with an interval that holds for fresh seeds and other reviews.

        Without predictions, it is Student's over seeds, and holds for these reviews only.
        """
        if self.correct is None:
            return mean_interval(self.accuracies)
        return difference(self.correct, None)

    @cached_property
    def reviews(self) -> pd.DataFrame | None:
        """The test reviews that the runs share, by `row_id`: `label`, `length`, `duplicate`."""
        if (first := self.runs[0].predictions) is None:
            return None
        return first.set_index("row_id")[["label", "length", "duplicate"]]

    @cached_property
    def correct(self) -> np.ndarray | None:
        """Which test reviews each seed gets right, `(S, N)`; None without predictions."""
        return self._stack("correct")

    @cached_property
    def probability(self) -> np.ndarray | None:
        """Probability of label 1, `(S, N)`; None without them or with more classes."""
        return self._stack("probability")

    @property
    def has_probabilities(self) -> bool:
        """Whether every run kept probabilities and not only its answers."""
        frames = [run.predictions for run in self.runs]
        return all(frame is not None and probability_columns(frame) for frame in frames)

    def _stack(self, column: str) -> np.ndarray | None:
        frames = [run.predictions for run in self.runs]
        if any(frame is None or column not in frame for frame in frames):
            return None
        return np.stack([frame[column].to_numpy() for frame in frames if frame is not None])
