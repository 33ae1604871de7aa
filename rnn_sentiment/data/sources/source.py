"""What every source of texts answers."""

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
    """Refuse names of classes that stand twice."""
    if len(set(labels)) < len(labels):
        raise ValueError(f"labels={labels} names a class twice")
    return labels


Labels = Annotated[list[str], Field(min_length=2), AfterValidator(distinct)]


class Opened(NamedTuple):
    """A corpus, and where it came from.

    Args:
        corpus: what was asked for.
        source: the source that gave it; one that had a choice has made it.
    """

    corpus: Corpus
    source: Source


@runtime_checkable
class Source(Protocol):
    """Where texts come from.

    Attributes:
        kind: what `results.json` calls it.
    """

    kind: ClassVar[str]

    @property
    def fallback(self) -> str | None:
        """Why it stands in for another one, if it does."""
        ...

    @property
    def title(self) -> str:
        """What people call the corpus."""
        ...

    @property
    def first_choice(self) -> Source:
        """What is opened where nothing is in the way: the source itself, if it has no choice."""
        ...

    @property
    def expected(self) -> Fingerprint | None:
        """The corpus that it must give; None accepts any."""
        ...

    @property
    def known_labels(self) -> tuple[str, ...] | None:
        """The names of the classes, if a token store of the expected corpus is all that is needed.

        None where the texts have to be looked at.
        """
        ...

    def open(self, cache: Path) -> Opened:
        """Give the corpus, fetched, converted or generated into the cache where it has to be.

        Raises:
            UserError: it is not available.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class Labelled:
    """What sources of labelled texts have in common.

    Args:
        text_column: the column that holds the text.
        label_column: the one that holds the class, or a list of labels; or columns that hold 1
            where a text has the label of that name, else 0.
        labels: the names of the classes in order; None takes them from the data.
        fingerprint: `imdb` refuses any corpus but IMDB's standard split; None takes what comes.
    """

    text_column: str = "text"
    label_column: str | Labels = "label"
    labels: Labels | None = None
    fingerprint: Expected = None

    fallback: ClassVar[str | None] = None

    @property
    def expected(self) -> Fingerprint | None:
        """The corpus that it must give."""
        return IMDB if self.fingerprint == "imdb" else None


def to_config(source: Source) -> dict[str, Any]:
    """The section of a configuration that makes this source."""
    assert dataclasses.is_dataclass(source)
    target = f"rnn_sentiment.data.{type(source).__name__}"
    return {"_target_": target, **dataclasses.asdict(source)}
