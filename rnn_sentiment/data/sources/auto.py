"""The best available source: a path if one is given, else the Hub, else the demo corpus."""

from __future__ import annotations

from dataclasses import field, fields
from pathlib import Path
from typing import ClassVar

from pydantic import PositiveInt
from pydantic.dataclasses import dataclass

from rnn_sentiment.data.fingerprint import Fingerprint
from rnn_sentiment.data.sources.demo import DemoSource
from rnn_sentiment.data.sources.hub import HubSource
from rnn_sentiment.data.sources.hub_fetch import Unreachable
from rnn_sentiment.data.sources.path import PathSource
from rnn_sentiment.data.sources.source import Expected, Labelled, Opened, Source


@dataclass(frozen=True)
class AutoSource(Labelled):
    """A path if one is given, else the cache or the Hub, else the demo corpus.

    It falls back to the demo corpus only if the Hub cannot be reached; mistakes are errors.

    Args:
        path: the file or folder.
        name, subset: see `HubSource`.
        text_column, label_column, labels, fingerprint: see `Labelled`.
        sizes: train and test reviews of the demo corpus.
    """

    path: str | None = None
    name: str = "stanfordnlp/imdb"
    subset: str | None = None
    sizes: tuple[PositiveInt, PositiveInt] = (5_000, 2_000)
    fingerprint: Expected = field(default="imdb", kw_only=True)

    kind: ClassVar[str] = "auto"

    @property
    def title(self) -> str:
        """The title of the first choice."""
        return self.first_choice.title

    @property
    def first_choice(self) -> Source:
        """The path if one is given, else the Hub."""
        labelled = {each.name: getattr(self, each.name) for each in fields(Labelled)}
        if self.path is not None:
            return PathSource(self.path, **labelled)
        return HubSource(self.name, self.subset, **labelled)

    @property
    def expected(self) -> Fingerprint | None:
        """The corpus that the path or the Hub must hold."""
        return self.first_choice.expected

    @property
    def known_labels(self) -> tuple[str, ...] | None:
        """The Hub's labels, if no path is given."""
        return self.first_choice.known_labels

    def open(self, cache: Path) -> Opened:
        """Return the corpus and the source that was used.

        Raises:
            UserError: a source can be reached but not used.
        """
        try:
            return self.first_choice.open(cache)
        except Unreachable as error:
            return self.stand_in(str(error)).open(cache)

    def stand_in(self, reason: str) -> DemoSource:
        """The source to use if the Hub cannot be reached."""
        return DemoSource(self.sizes, fallback=reason)
