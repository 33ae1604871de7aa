"""A data set of the Hub, streamed once and kept in the cache."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from pydantic.dataclasses import dataclass

from rnn_sentiment.data.corpus import Corpus
from rnn_sentiment.data.fingerprint import LABELLED
from rnn_sentiment.data.sources.hub_fetch import HubDataset, fetch
from rnn_sentiment.data.sources.path import open_folder
from rnn_sentiment.data.sources.source import Labelled, Opened, Source
from rnn_sentiment.errors import UserError
from rnn_sentiment.storage import locked


@dataclass(frozen=True)
class HubSource(Labelled):
    """A data set of the Hub.

    Args:
        name: owner and name.
        subset: its configuration, if it has several.
        text_column, label_column, labels, fingerprint: see `Labelled`.
    """

    name: str | None
    subset: str | None = None

    kind: ClassVar[str] = "hub"

    def __post_init__(self) -> None:
        if self.name is None:
            raise ValueError("source=hub needs data.name=OWNER/NAME")
        if not isinstance(self.label_column, str):
            raise ValueError(
                f"label_column={self.label_column}: of a data set of the Hub one column is read, "
                "which may hold lists of labels"
            )

    @property
    def title(self) -> str:
        """Owner and name."""
        return str(self.name)

    @property
    def first_choice(self) -> Source:
        """Itself."""
        return self

    @property
    def known_labels(self) -> tuple[str, ...] | None:
        """The names of the classes where both these and the corpus are said beforehand."""
        return tuple(self.labels) if self.labels and self.expected else None

    def open(self, cache: Path) -> Opened:
        """Give the labelled parts.

        Raises:
            Unreachable: the Hub cannot be reached.
            UserError: there is no such data set, or it has no train part.
        """
        folder = self.fetch_parts(cache, LABELLED)
        if not Corpus(folder, ()).files("train"):
            raise UserError(f"data.name={self.name} has no part named train")
        return Opened(open_folder(folder, cache, "text", "label", self.labels), self)

    def folder(self, cache: Path) -> Path:
        """The cache's folder for this data set, fetched or not."""
        assert self.name is not None
        name = self.name.replace("/", "--")
        columns = (self.subset, self.text_column, self.label_column)
        if columns != (None, "text", "label"):
            name += "-" + hashlib.blake2b(repr(columns).encode(), digest_size=4).hexdigest()
        return cache / "hub" / name

    def fetch_parts(self, cache: Path, parts: Sequence[str]) -> Path:
        """Give the cache's folder for this data set, with those of the parts that it has."""
        assert self.name is not None
        assert isinstance(self.label_column, str)
        folder = self.folder(cache)
        dataset = HubDataset(self.name, self.subset, self.text_column, self.label_column)
        with locked(folder):
            for killed in folder.glob(".fetch-*"):
                shutil.rmtree(killed, ignore_errors=True)
            for part in parts:
                fetch(dataset, part, folder)
        return folder
