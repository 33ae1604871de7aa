"""Text to batches."""

from rnn_sentiment.data.batches import Batch
from rnn_sentiment.data.datamodule import ReviewDataModule
from rnn_sentiment.data.tokenizer import WordTokenizer

__all__ = ["Batch", "ReviewDataModule", "WordTokenizer"]
