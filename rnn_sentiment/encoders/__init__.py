"""Interchangeable encoders: `(embedded (B, T, E), mask (B, T)) -> (B, output_dim)`."""

from rnn_sentiment.encoders.bag import BagEncoder
from rnn_sentiment.encoders.convolutional import ConvolutionalEncoder, ConvolutionalLayer
from rnn_sentiment.encoders.dense import Dense, FeatureDropout
from rnn_sentiment.encoders.pooling import Pooling
from rnn_sentiment.encoders.recurrent import RecurrentEncoder, RecurrentLayer
from rnn_sentiment.encoders.stack import Dropout, Flatten, MaxPooling, StackEncoder

__all__ = [
    "BagEncoder",
    "ConvolutionalEncoder",
    "ConvolutionalLayer",
    "Dense",
    "Dropout",
    "FeatureDropout",
    "Flatten",
    "MaxPooling",
    "Pooling",
    "RecurrentEncoder",
    "RecurrentLayer",
    "StackEncoder",
]
