"""Calibrated probabilities, thresholds and prediction sets, fitted on the validation part."""

from rnn_sentiment.calibration.calibration import Calibration, Sets, Threshold

__all__ = ["Calibration", "Sets", "Threshold"]
