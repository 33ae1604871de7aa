"""The tables of a report: a line for each row, and a line for each run."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from rnn_sentiment.report import calibration
from rnn_sentiment.report.grouping import Row
from rnn_sentiment.report.measures import MEASURES
from rnn_sentiment.report.stability import collapsed, interquartile_mean
from rnn_sentiment.report.statistics import mean_interval

COSTS = ("seconds_per_epoch", "seconds_per_token", "tokens_per_second", "peak_memory_bytes")


def summary(rows: Sequence[Row]) -> pd.DataFrame:
    """A line for each row: means over seeds, medians of costs; shares, seconds, bytes."""
    lines = []
    for row in rows:
        lines.append(
            {
                "row": row.label,
                "name": row.name,
                "seeds": len(row.runs),
                "accuracy": row.accuracy.value,
                "sd": mean_interval(row.accuracies).sd,
                "low": row.accuracy.low,
                "high": row.accuracy.high,
                "middle": interquartile_mean(row),
                "collapsed": collapsed(row).count,
                "calibration": mean_of(row, calibration.of_answers),
                "calibration_of_classes": mean_of(row, calibration.of_classes),
                **{name: mean_or_median(row, name) for name in MEASURES if name != "test_accuracy"},
            }
        )
    return pd.DataFrame(lines)


def mean_of(row: Row, measure: Callable[[pd.DataFrame], float | None]) -> float:
    """Mean over seeds of a measure of predictions; NaN where a run has none."""
    found = [None if run.predictions is None else measure(run.predictions) for run in row.runs]
    known = [value for value in found if value is not None]
    return float(np.mean(known)) if len(known) == len(found) else float("nan")


def mean_or_median(row: Row, name: str) -> float:
    """Mean of a score over seeds, median of a cost; NaN where no run has it."""
    values = [value for run in row.runs if (value := MEASURES[name](run)) is not None]
    if not values:
        return float("nan")
    return float(np.median(values) if name in COSTS else np.mean(values))


def run_table(rows: Sequence[Row]) -> pd.DataFrame:
    """A line for each run, with all measures."""
    return pd.DataFrame(
        {
            "row": row.label,
            "seed": run.seed,
            "setting": str(row.setting),
            **{name: measure(run) for name, measure in MEASURES.items()},
        }
        for row in rows
        for run in row.runs
    )
