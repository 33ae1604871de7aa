"""The tables of a report: a line for each row, and a line for each run."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from rnn_sentiment.report import calibration
from rnn_sentiment.report.measures import MEASURES, unasked
from rnn_sentiment.report.row import Row
from rnn_sentiment.report.stability import collapsed, interquartile_mean
from rnn_sentiment.report.statistics import mean_interval
from rnn_sentiment.report.verdicts import Verdict

COSTS = ("seconds_per_epoch", "seconds_per_token", "tokens_per_second", "peak_memory_bytes")


# Columns of the table of scores, for people; shares are in percent or points.
PERCENT = {
    "accuracy": "accuracy, %",
    "sd": "sd",
    "low": "from",
    "high": "to",
    "middle": "interquartile mean",
    "deduplicated_accuracy": "without duplicates, %",
    "f1": "F1, %",
    "micro_f1": "micro F1, %",
    "macro_f1": "macro F1, %",
    "auroc": "AUROC, %",
    "calibration": "calibration error, points",
    "calibration_of_classes": "of classes, points",
    "collapsed_low": "collapsed seeds, % from",
    "collapsed_high": "collapsed seeds, % to",
    "gap": "gap, points",
    "validation_roughness": "roughness, points",
}
PLAIN = {  # with their digits
    "mean_absolute_error": ("mean absolute error", 3),
    "quadratic_kappa": ("quadratic kappa", 3),
    "collapsed": ("collapsed seeds", 0),
    "parameters": ("parameters", 0),
    "seconds_per_epoch": ("s / epoch", 2),
    "tokens_per_second": ("tokens / s", 0),
    "peak_memory_bytes": ("peak bytes", 0),
    "best_epoch": ("best epoch", 1),
}


def for_people(lines: pd.DataFrame) -> pd.DataFrame:
    """The summary as a table for papers and spreadsheets."""
    found = lines[["name", "row", "seeds"]].rename(columns={"name": "architecture"})
    for name, title in PERCENT.items():
        if name in lines:
            found[title] = (100 * lines[name].astype(float)).round(2)
    for name, (title, digits) in PLAIN.items():
        if name in lines:
            column = lines[name].astype(float).round(digits)
            found[title] = column if digits else column.astype("Int64")
    return found


def ranking(lines: pd.DataFrame, beaten: Sequence[int]) -> pd.DataFrame:
    """The first table of the page, formatted for papers and spreadsheets."""
    found = for_people(lines)[["architecture", "accuracy, %", "from", "to", "s / epoch"]]
    found.insert(0, "rank", range(1, len(found) + 1))
    found.insert(5, "beats", beaten)
    return found.round({"s / epoch": 1})


def differences(verdicts: Sequence[Verdict]) -> pd.DataFrame:
    """A line for each pair: points of test accuracy, A − B, and what they mean."""
    return pd.DataFrame(
        {
            "A": verdict.a.name,
            "B": verdict.b.name,
            "A − B, points": round(100 * verdict.estimate.value, 2),
            "from": round(100 * verdict.estimate.low, 2),
            "to": round(100 * verdict.estimate.high, 2),
            "verdict": f"A {verdict.outcome}" if verdict.outcome == "better" else verdict.outcome,
            "p": round(verdict.estimate.p, 4),
            "a fresh A beats a fresh B, %": round(100 * verdict.odds, 1),
            "found in 80 % of cases, points": round(100 * verdict.detectable, 2),
        }
        for verdict in verdicts
    )


def summary(rows: Sequence[Row]) -> pd.DataFrame:
    """A line for each row: means over seeds, medians of costs; shares, seconds, bytes."""
    lines, left_out = [], {"test_accuracy", *unasked(run for row in rows for run in row.runs)}
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
                "collapsed": (fallen := collapsed(row)).count,
                "collapsed_low": fallen.low,
                "collapsed_high": fallen.high,
                **calibration_errors(row),
                **{name: mean_or_median(row, name) for name in MEASURES if name not in left_out},
            }
        )
    return pd.DataFrame(lines)


def calibration_errors(row: Row) -> dict[str, float]:
    """The errors of the answers and of each class, or the error of several labels."""
    if row.setting.several:
        return {"calibration": mean_of(row, calibration.of_labels)}
    return {
        "calibration": mean_of(row, calibration.of_answers),
        "calibration_of_classes": mean_of(row, calibration.of_classes),
    }


def mean_of(row: Row, measure: Callable[[pd.DataFrame], float | None]) -> float:
    """Mean over seeds of a measure of predictions; NaN if a run has none."""
    found = [None if run.predictions is None else measure(run.predictions) for run in row.runs]
    known = [value for value in found if value is not None]
    return float(np.mean(known)) if len(known) == len(found) else float("nan")


def mean_or_median(row: Row, name: str) -> float:
    """Mean of a score over seeds, or median of a cost; NaN if no run has it."""
    values = [value for run in row.runs if (value := MEASURES[name](run)) is not None]
    if not values:
        return float("nan")
    return float(np.median(values) if name in COSTS else np.mean(values))


def run_table(rows: Sequence[Row]) -> pd.DataFrame:
    """A line for each run, with all measures."""
    left_out = unasked(run for row in rows for run in row.runs)
    return pd.DataFrame(
        {
            "row": row.label,
            "seed": run.seed,
            "setting": str(row.setting),
            **{name: measure(run) for name, measure in MEASURES.items() if name not in left_out},
        }
        for row in rows
        for run in row.runs
    )
