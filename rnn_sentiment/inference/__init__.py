"""A trained run as a function from texts to probabilities."""

from rnn_sentiment.inference.predictor import Predictor

__all__ = ["Predictor"]
