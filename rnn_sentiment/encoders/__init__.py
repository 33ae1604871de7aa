"""Interchangeable encoders: `(embedded (B, T, E), mask (B, T)) -> (B, output_dim)`."""

from rnn_sentiment.encoders.convolutional import ConvolutionalLayer
from rnn_sentiment.encoders.dense import Dense, FeatureDropout
from rnn_sentiment.encoders.encoder import Encoder
from rnn_sentiment.encoders.pooling import Flatten, MaxPooling, Pooling
from rnn_sentiment.encoders.recurrent import RecurrentLayer

__all__ = [
    "ConvolutionalLayer",
    "Dense",
    "Encoder",
    "FeatureDropout",
    "Flatten",
    "MaxPooling",
    "Pooling",
    "RecurrentLayer",
]
