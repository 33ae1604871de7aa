"""The test reviews that every run gets wrong."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from rnn_sentiment.report.predictions import confidence
from rnn_sentiment.report.row import Row

NUM_MISSED = 10


def missed_by_all(rows: Sequence[Row]) -> tuple[pd.DataFrame, int]:
    """The reviews that every run gets wrong, the most confident mistakes first, and their number.

    Returns:
        `label`, `length` and, of two classes, each row's mean probability of label 1.
    """
    usable = [row for row in rows if row.correct is not None]
    if not usable:
        return pd.DataFrame(), 0
    wrong = ~np.concatenate([row.correct for row in usable if row.correct is not None]).any(axis=0)
    reviews = usable[0].reviews
    assert reviews is not None
    table = pd.DataFrame(reviews[["label", "length"]][wrong])
    for row in usable:
        if row.probability is not None:
            table[row.name] = row.probability[:, wrong].mean(0)
    shares = table.drop(columns=["label", "length"]).to_numpy(float)
    if shares.shape[1]:
        error = np.abs(shares - table[["label"]].to_numpy(float)).mean(axis=1)
    else:  # more classes: the probability that was given to the wrong answer
        frames = [run.predictions for row in usable if row.has_probabilities for run in row.runs]
        given = [confidence(frame)[wrong] for frame in frames if frame is not None]
        error = np.mean(given, axis=0) if given else np.zeros(len(table))
    first = table.index[np.argsort(-error, kind="stable")[:NUM_MISSED]]
    return table.loc[first], int(wrong.sum())
