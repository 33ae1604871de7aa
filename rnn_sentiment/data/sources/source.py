"""The interface of a source of texts."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, Protocol, runtime_checkable

from pydantic import AfterValidator, Field
from pydantic.dataclasses import dataclass

from rnn_sentiment.data.corpus import Corpus
from rnn_sentiment.data.fingerprint import IMDB, Fingerprint

Expected = Literal["imdb"] | None


def distinct(labels: list[str]) -> list[str]:
    """Refuse repeated names of classes."""
    if len(set(labels)) < len(labels):
        raise ValueError(f"labels={labels} names a class twice")
    return labels


Labels = Annotated[list[str], Field(min_length=2), AfterValidator(distinct)]


class Opened(NamedTuple):
    """A corpus and its source.

    Args:
        corpus: the corpus.
        source: the source that was used, with its choice made.
    """

    corpus: Corpus
    source: Source


@runtime_checkable
class Source(Protocol):
    """Where texts come from.

    Attributes:
        kind: its name in `results.json`.
    """

    kind: ClassVar[str]

    @property
    def fallback(self) -> str | None:
        """Why this source replaces another one, if it does."""
        ...

    @property
    def title(self) -> str:
        """The name of the corpus."""
        ...

    @property
    def first_choice(self) -> Source:
        """The source to try first: the source itself, if it has no choice."""
        ...

    @property
    def expected(self) -> Fingerprint | None:
        """The corpus that it must hold; None accepts any."""
        ...

    @property
    def known_labels(self) -> tuple[str, ...] | None:
        """The names of the classes, if a token store of the expected corpus suffices.

        None if the texts must be read.
        """
        ...

    def open(self, cache: Path) -> Opened:
        """Return the corpus; fetch, convert or generate it into the cache if necessary.

        Raises:
            UserError: it is not available.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class Labelled:
    """Common settings of sources of labelled texts.

    Args:
        text_column: the column that holds the text.
        label_column: the one that holds the class, or a list of labels; or columns that hold 1
            where a text has the label of that name, else 0.
        labels: the names of the classes in order; None takes them from the data.
        fingerprint: `imdb` refuses any corpus except IMDB's standard split; None accepts any.
    """

    text_column: str = "text"
    label_column: str | Labels = "label"
    labels: Labels | None = None
    fingerprint: Expected = None

    fallback: ClassVar[str | None] = None

    @property
    def expected(self) -> Fingerprint | None:
        """The corpus that it must hold."""
        return IMDB if self.fingerprint == "imdb" else None


def to_config(source: Source) -> dict[str, Any]:
    """The section of a configuration that makes this source."""
    assert dataclasses.is_dataclass(source)
    target = f"rnn_sentiment.data.{type(source).__name__}"
    return {"_target_": target, **dataclasses.asdict(source)}
