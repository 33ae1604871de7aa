"""Text to batches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rnn_sentiment.data.reading import Reading
from rnn_sentiment.data.sources import AutoSource, DemoSource, HubSource, PathSource
from rnn_sentiment.data.splits import Splits
from rnn_sentiment.data.stored_tokenizer import StoredTokenizer
from rnn_sentiment.data.tokenizer import SubwordTokenizer, WordTokenizer

if TYPE_CHECKING:
    from rnn_sentiment.data.datamodule import ReviewDataModule

__all__ = [
    "AutoSource",
    "DemoSource",
    "HubSource",
    "PathSource",
    "Reading",
    "ReviewDataModule",
    "Splits",
    "StoredTokenizer",
    "SubwordTokenizer",
    "WordTokenizer",
]


def __getattr__(name: str) -> type[ReviewDataModule]:
    """Import the data module, and with it torch and Lightning, where one is made."""
    if name == "ReviewDataModule":
        from rnn_sentiment.data.datamodule import ReviewDataModule

        return ReviewDataModule
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
