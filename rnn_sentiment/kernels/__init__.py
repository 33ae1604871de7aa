"""Layers that are fast on CPUs."""

from rnn_sentiment.kernels.layers import GRU, LSTM, RNN
from rnn_sentiment.kernels.ways import in_use, prepare, use

__all__ = ["GRU", "LSTM", "RNN", "in_use", "prepare", "use"]
