"""Temperature scaling: one number that makes probabilities match accuracy."""

from __future__ import annotations

from scipy.optimize import minimize_scalar
from torch import Tensor

from rnn_sentiment.outcome import Outcome

HOTTEST = 20.0  # its inverse is the coldest; if all answers are right, there is no optimum


def fit_temperature(logits: Tensor, labels: Tensor, outcome: Outcome) -> float:
    """Find the temperature, from 1/20 to 20, with the lowest cross-entropy (Guo et al., 2017).

    The loss is convex in the inverse temperature, so there is a single minimum.

    Args:
        logits: (N,) or (N, C), for rows that were not trained on.
        labels: (N,), for the same rows.
        outcome: how logits and labels are interpreted.
    """
    exact = logits.double()
    found = minimize_scalar(
        lambda coldness: float(outcome.losses(exact * coldness, labels).mean()),
        bounds=(1 / HOTTEST, HOTTEST),
        method="bounded",
    )
    return float(1 / found.x)


def is_coldest(temperature: float) -> bool:
    """Whether a fitted temperature is the lower bound, as when all answers are right."""
    return temperature < 1.01 / HOTTEST  # the search ends near the bound, not at it
