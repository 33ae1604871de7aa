"""Layers that are fast on CPUs."""

from rnn_sentiment.kernels.layers import GRU, LSTM, RNN
from rnn_sentiment.kernels.parallel import gated, turning
from rnn_sentiment.kernels.ways import in_use, prepare, product_type, use

__all__ = [
    "GRU",
    "LSTM",
    "RNN",
    "gated",
    "in_use",
    "prepare",
    "product_type",
    "turning",
    "use",
]
