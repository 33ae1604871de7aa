"""Text to batches."""

from rnn_sentiment.data.batches import Batch
from rnn_sentiment.data.datamodule import ReviewDataModule
from rnn_sentiment.data.tokenizer import SubwordTokenizer, WordTokenizer

__all__ = ["Batch", "ReviewDataModule", "SubwordTokenizer", "WordTokenizer"]
