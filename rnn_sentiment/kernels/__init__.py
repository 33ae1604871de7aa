"""Recurrent layers, fast on CPUs."""

from rnn_sentiment.kernels.layers import GRU, LSTM, RNN
from rnn_sentiment.kernels.ways import in_use, use

__all__ = ["GRU", "LSTM", "RNN", "in_use", "use"]
