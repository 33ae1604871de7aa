"""Where texts come from: the Hub, files, or the demo corpus."""

from rnn_sentiment.data.sources.auto import AutoSource
from rnn_sentiment.data.sources.demo import DemoSource
from rnn_sentiment.data.sources.hub import HubSource
from rnn_sentiment.data.sources.path import PathSource
from rnn_sentiment.data.sources.source import Opened, Source

__all__ = ["AutoSource", "DemoSource", "HubSource", "Opened", "PathSource", "Source"]
