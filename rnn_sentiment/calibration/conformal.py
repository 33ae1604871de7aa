"""Prediction sets with a promised coverage: split conformal prediction.

A class is in the set if its probability reaches a bound. The bound is chosen on rows that nothing
else was fitted on. For new rows of the same kind, the right class is then in the set with at least
the promised probability, whatever the model (Vovk et al., 2005; Sadinle et al., 2019).
"""

from __future__ import annotations

import numpy as np
from crepes import ConformalClassifier


def least_probability(probabilities: np.ndarray, labels: np.ndarray, coverage: float) -> float:
    """The bound: the smallest probability with which a class is in the sets of `crepes`.

    It is the probability of the right class in one of the rows, or 0 if there are too few rows for
    the promise, so that every class is in every set.

    Args:
        probabilities: (N, C).
        labels: (N,).
        coverage: share of new rows whose set should contain the right class.
    """
    right = probabilities[np.arange(len(labels)), labels].astype(float)
    bounds = np.append(right, 0.0)
    conformal = ConformalClassifier().fit(1 - right)
    inside = conformal.predict_set(1 - bounds[:, None], confidence=coverage, smoothing=False)
    return float(bounds[inside[:, 0] == 1].min())
