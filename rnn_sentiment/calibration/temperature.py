"""One number that makes probabilities as sure as they are right."""

from __future__ import annotations

from scipy.optimize import minimize_scalar
from torch import Tensor

from rnn_sentiment.outcome import Outcome

HOTTEST = 20.0  # and its inverse the coldest; a part that is all right has no best one


def fit_temperature(logits: Tensor, labels: Tensor, outcome: Outcome) -> float:
    """The temperature, from 1/20 to 20, with the least cross-entropy (Guo et al., 2017).

    The loss is convex in its inverse, so there is one minimum.

    Args:
        logits: (N,) or (N, C) of rows that were not trained on.
        labels: (N,) of the same rows.
        outcome: what the logits say of a text.
    """
    exact = logits.double()
    found = minimize_scalar(
        lambda coldness: float(outcome.losses(exact * coldness, labels).mean()),
        bounds=(1 / HOTTEST, HOTTEST),
        method="bounded",
    )
    return float(1 / found.x)


def is_coldest(temperature: float) -> bool:
    """Whether a fitted temperature is its lower bound, as where no row is answered wrong."""
    return temperature < 1.01 / HOTTEST  # the search ends near the bound, not at it
