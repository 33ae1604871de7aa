"""From texts without labels to a language model, and from that to a classifier."""

from rnn_sentiment.pretraining.datamodule import StreamDataModule
from rnn_sentiment.pretraining.language_model import LanguageModel
from rnn_sentiment.pretraining.network import CarriedLayer, LanguageNetwork

__all__ = ["CarriedLayer", "LanguageModel", "LanguageNetwork", "StreamDataModule"]
