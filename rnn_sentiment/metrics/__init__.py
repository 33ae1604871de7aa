"""Metrics of classifiers."""

from rnn_sentiment.metrics.collection import as_scores, make_accuracy, make_metrics
from rnn_sentiment.metrics.variants import Mean

__all__ = ["Mean", "as_scores", "make_accuracy", "make_metrics"]
