"""The folds of a cross-validation joined into one run that tests every text of the corpus."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from rnn_sentiment.identity import comparable, deciding_keys, without
from rnn_sentiment.report.loading import LeftOut, Run
from rnn_sentiment.report.schema import GradientFlow, RunResults, Scores

FOLDS, FOLD = "data.splits.folds", "data.splits.fold"


@dataclass(frozen=True)
class Joined(Run):
    """Runs that differ only in the fold they were tested on, as one run.

    The folder and the configuration are those of the first fold.

    Attributes:
        folds: the runs, in the order of their folds.
    """

    folds: tuple[Run, ...] = ()

    @cached_property
    def predictions(self) -> pd.DataFrame | None:
        """The predictions of all folds; None unless every fold has some."""
        frames = [run.predictions for run in self.folds if run.predictions is not None]
        if len(frames) < len(self.folds):
            return None
        return pd.concat(frames).sort_values("row_id", ignore_index=True)

    @cached_property
    def gradient_flow(self) -> GradientFlow | None:
        """None, since each fold has its own."""
        return None


def join_folds(runs: Sequence[Run]) -> tuple[list[Run], list[LeftOut]]:
    """Join the runs of each cross-validation, and leave out those with missing folds.

    Runs whose folds replaced the validation part share a test part and are not joined.
    """
    found, left_out = [], []
    members: dict[str, dict[int, Run]] = defaultdict(dict)
    for run in runs:
        if run.results.data.folded != "test":
            found.append(run)
            continue
        folds = members[cross_validation(run)]
        fold = int(run.config.get(FOLD) or 0)
        if fold in folds:
            left_out.append(LeftOut(run.folder, f"repeats fold {fold} of {folds[fold].folder}"))
        else:
            folds[fold] = run
    for folds in members.values():
        first = folds[min(folds)]
        missing = {*range(int(first.config.get(FOLDS) or 0))} - {*folds}
        if missing:
            numbers = ", ".join(map(str, sorted(missing)))
            why = f"fold {numbers} of this cross-validation is not there"
            left_out += [LeftOut(run.folder, why) for run in folds.values()]
        else:
            found.append(joined(tuple(folds[number] for number in sorted(folds))))
    return found, left_out


def cross_validation(run: Run) -> str:
    """A key that the folds of one cross-validation share."""
    keys = without(deciding_keys(run.config), (FOLD,))
    told = {key: comparable(value) for key, value in keys.items()}
    results = run.results
    named = (results.name, results.seed, results.precision, results.device)
    return json.dumps([*named, results.data.fingerprint, told], sort_keys=True)


def joined(folds: tuple[Run, ...]) -> Run:
    """Join folds into one run: scores are means over texts, costs are combined over folds."""
    first = folds[0]
    results = [run.results for run in folds]
    test_sizes = [one.data.sizes.get("test", 0) for one in results]
    sizes = {
        part: round(np.mean([one.data.sizes[part] for one in results]))
        for part in first.results.data.sizes
    }
    update: dict[str, Any] = {
        "data": first.results.data.model_copy(update={"sizes": {**sizes, "test": sum(test_sizes)}}),
        "test": mean_scores([one.test for one in results], test_sizes),
        "test_deduplicated": mean_scores([one.test_deduplicated for one in results], test_sizes),
        "seconds_per_epoch": over(results, lambda one: one.seconds_per_epoch, np.mean),
        "tokens_per_second": over(results, lambda one: one.tokens_per_second, np.mean),
        "peak_memory_bytes": over(results, lambda one: one.peak_memory_bytes, np.max),
        "history": [],
        "dead_units": {},
        "calibrated": None,
    }
    return Joined(
        first.folder,
        first.results.model_copy(update=update),
        {key: value for key, value in first.config.items() if key != FOLD},
        {key: value for key, value in first.overrides.items() if key != FOLD},
        folds,
    )


def mean_scores(scores: Sequence[Scores | None], sizes: Sequence[int]) -> Scores | None:
    """Means of scores, each weighted by the size of its fold; None if one is not known."""
    known = [score for score in scores if score is not None]
    if len(known) < len(scores):
        return None
    means = {}
    for name in Scores.model_fields:
        values = [getattr(score, name) for score in known]
        if None not in values:
            means[name] = float(np.average(values, weights=sizes))
    return Scores(**means)


def over(
    results: Sequence[RunResults],
    cost: Callable[[RunResults], float | None],
    reduce: Callable[[list[float]], float],
) -> float | None:
    """A cost over all folds; None if one is not known."""
    known = [value for one in results if (value := cost(one)) is not None]
    return float(reduce(known)) if len(known) == len(results) else None
