"""Text to batches."""

from rnn_sentiment.data.datamodule import ReviewDataModule
from rnn_sentiment.data.tokenizer import SubwordTokenizer, WordTokenizer

__all__ = ["ReviewDataModule", "SubwordTokenizer", "WordTokenizer"]
