"""Interchangeable encoders: `(embedded (B, T, E), mask (B, T)) -> (B, output_dim)`."""

from rnn_sentiment.encoders.bag import BagEncoder
from rnn_sentiment.encoders.convolutional import ConvolutionalEncoder
from rnn_sentiment.encoders.recurrent import RecurrentEncoder

__all__ = ["BagEncoder", "ConvolutionalEncoder", "RecurrentEncoder"]
