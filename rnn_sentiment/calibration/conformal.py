"""Prediction sets with a promised coverage: split conformal prediction.

A class is in the set where its probability reaches a bound. The bound is chosen on rows that
nothing else was fitted on, so that for fresh rows like those the right class is in the set with at
least the promised probability, whatever the model (Vovk et al., 2005; Sadinle et al., 2019).
"""

from __future__ import annotations

import math

import numpy as np


def least_probability(probabilities: np.ndarray, labels: np.ndarray, coverage: float) -> float:
    """The bound: the probability that all but a share of right classes reach.

    With N rows it is the right classes' k-th largest probability, k = ceil((N + 1) coverage); 0,
    so that every class is in every set, where N is too small for the promise.

    Args:
        probabilities: (N, C).
        labels: (N,).
        coverage: share of fresh rows whose set shall hold the right class.
    """
    right = np.sort(probabilities[np.arange(len(labels)), labels])[::-1]
    rank = math.ceil((len(labels) + 1) * coverage)
    return float(right[rank - 1]) if rank <= len(labels) else 0.0
