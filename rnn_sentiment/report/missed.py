"""The test texts that every run gets wrong."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from rnn_sentiment.report.predictions import label_probabilities, probability_columns
from rnn_sentiment.report.row import Row

NUM_MISSED = 10


def missed_by_all(rows: Sequence[Row]) -> tuple[pd.DataFrame, int]:
    """The texts that every run gets wrong, the most confident mistakes first, and their number.

    Returns:
        `label`, the name of the class if it is known; `length`; and for each row with
        probabilities, the mean probability of label 1, or of more classes, the answer with its
        mean probability, or of several labels those that are likelier than not on average.
    """
    usable = [row for row in rows if row.correct is not None]
    if not usable:
        return pd.DataFrame(), 0
    answered = np.concatenate([row.correct for row in usable if row.correct is not None])
    wrong = np.asarray(~answered.any(axis=0))
    reviews = usable[0].reviews
    assert reviews is not None
    table = pd.DataFrame(reviews[["label", "length"]][wrong])
    labels = table["label"].to_numpy()
    called = usable[0].called
    errors = []
    for row in usable:
        if row.probability is not None:
            shares = row.probability[:, wrong].mean(0)
            table[row.name] = shares
            errors.append(np.abs(shares - labels))
        elif row.has_probabilities:
            shares, answers = mean_answers(row, wrong)
            table[row.name] = [
                f"{called(answer)} {share:.2f}"
                for answer, share in zip(answers, shares, strict=True)
            ]
            errors.append(shares)
        elif (shares := mean_label_probabilities(row, wrong)).size:
            bits = 1 << np.arange(shares.shape[1])
            table[row.name] = [called(answer) for answer in (shares >= 0.5) @ bits]
            members = labels[:, None] & bits > 0
            errors.append(np.abs(shares - members).max(1))  # of the worst decision
    error = np.mean(errors, axis=0) if errors else np.zeros(len(table))
    table["label"] = [called(label) for label in labels]
    first = table.index[np.argsort(-error, kind="stable")[:NUM_MISSED]]
    return table.loc[first], int(wrong.sum())


def mean_label_probabilities(row: Row, chosen: np.ndarray) -> np.ndarray:
    """The probability of each of several labels that some texts get on average, `(N, C)`."""
    frames = [run.predictions[chosen] for run in row.runs if run.predictions is not None]
    return np.asarray(np.mean([label_probabilities(frame) for frame in frames], axis=0))


def mean_answers(row: Row, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The highest probability that some texts get on average over seeds, and of which class."""
    frames = [run.predictions[chosen] for run in row.runs if run.predictions is not None]
    means = np.mean([f[probability_columns(f)].to_numpy(float) for f in frames], axis=0)
    return means.max(1), means.argmax(1)
