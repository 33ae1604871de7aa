"""Probabilities that mean something: what is fitted on the validation part, and its use."""

from rnn_sentiment.calibration.calibration import Calibration, Sets, Threshold

__all__ = ["Calibration", "Sets", "Threshold"]
