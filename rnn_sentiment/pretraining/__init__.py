"""Train a language model on texts without labels, and a classifier from it."""

from rnn_sentiment.pretraining.datamodule import StreamDataModule
from rnn_sentiment.pretraining.language_model import LanguageModel
from rnn_sentiment.pretraining.network import CarriedLayer, LanguageNetwork

__all__ = ["CarriedLayer", "LanguageModel", "LanguageNetwork", "StreamDataModule"]
