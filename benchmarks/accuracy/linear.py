"""A logistic regression of n-grams that naive Bayes has weighted."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import optimize, sparse
from scipy.special import expit

from benchmarks.accuracy.ngrams import Ngrams


class Linear:
    """A logistic regression of which columns a text has, each times its log-count ratio.

    Args:
        presence: which columns each training text has, `(N, columns)` of 0 and 1.
        labels: of the texts, `(N,)` of 0 and 1.
    """

    def __init__(self, presence: sparse.csr_array, labels: np.ndarray) -> None:
        self.ratio = log_count_ratio(presence, labels)
        self.features = self.weighted(presence)
        self.across = self.features.T.tocsr()
        self.signs = 2.0 * labels - 1
        self.weights = np.zeros(presence.shape[1] + 1)  # the last one is the bias

    def weighted(self, presence: sparse.csr_array) -> sparse.csr_array:
        """The columns times their ratios."""
        return presence.multiply(self.ratio[None, :]).tocsr()

    def fit(self, penalty: float) -> None:
        """Minimise the loss, `penalty` being liblinear's C, from the weights there are."""

        def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
            margins = self.signs * (self.features @ weights[:-1] + weights[-1])
            slopes = -penalty * self.signs * expit(-margins)
            value = weights[:-1] @ weights[:-1] / 2 + penalty * np.logaddexp(0, -margins).sum()
            return value, np.append(weights[:-1] + self.across @ slopes, slopes.sum())

        options = {"maxiter": 500, "ftol": 1e-9}
        found = optimize.minimize(loss, self.weights, jac=True, method="L-BFGS-B", options=options)
        self.weights = found.x

    def probabilities(self, presence: sparse.csr_array) -> np.ndarray:
        """Probability of label 1 of each text, `(N,)`."""
        return np.asarray(expit(self.weighted(presence) @ self.weights[:-1] + self.weights[-1]))


def log_count_ratio(presence: sparse.csr_array, labels: np.ndarray) -> np.ndarray:
    """How much likelier each column is in texts of label 1, as a logarithm: `(columns,)`.

    Counts are smoothed by 1 (Wang and Manning, 2012).
    """
    positive, negative = (1 + presence[labels == label].sum(axis=0) for label in (1, 0))
    return np.asarray(np.log(positive / positive.sum()) - np.log(negative / negative.sum()))


class Trained(NamedTuple):
    """A model with its columns, and the seconds that both took."""

    model: Linear
    columns: Ngrams
    seconds: float

    def probabilities(self, texts: Sequence[list[str]]) -> np.ndarray:
        """Probability of label 1 of each text, `(N,)`."""
        return self.model.probabilities(self.columns(texts))


def train(texts: Sequence[list[str]], labels: np.ndarray, order: int, penalty: float) -> Trained:
    """Count the 1- to `order`-grams of some texts, and fit a model to their labels."""
    started = time.perf_counter()
    columns = Ngrams(texts, order)
    model = Linear(columns(texts), labels)
    model.fit(penalty)
    return Trained(model, columns, time.perf_counter() - started)
