"""Files of your own: a folder in the Hub's layout is read in place, anything else is imported."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from pydantic.dataclasses import dataclass

from rnn_sentiment.data.corpus import PARTS, Corpus
from rnn_sentiment.data.parquet import declared_labels, holds_lists
from rnn_sentiment.data.sources.importing import import_files
from rnn_sentiment.data.sources.labelling import LabelColumn
from rnn_sentiment.data.sources.labels import refuse_too_many
from rnn_sentiment.data.sources.layout import (
    SEEN,
    Columns,
    Delimiter,
    Encoding,
    Layout,
    Quoting,
    Separator,
)
from rnn_sentiment.data.sources.source import Labelled, Opened, Source
from rnn_sentiment.data.sources.unanswered import unanswered
from rnn_sentiment.errors import UserError


@dataclass(frozen=True)
class PathSource(Labelled):
    """A file or folder.

    Args:
        path: where it is.
        delimiter, quoting, encoding, columns, label_separator: see `Layout`.
        text_column, label_column, labels, fingerprint: see `Labelled`.
    """

    path: str | None
    delimiter: Delimiter | None = None
    quoting: Quoting | None = None
    encoding: Encoding | None = None
    columns: Columns | None = None
    label_separator: Separator | None = None

    kind: ClassVar[str] = "path"

    def __post_init__(self) -> None:
        if self.path is None:
            raise ValueError("source=path needs data.path=FILE_OR_FOLDER")

    @property
    def title(self) -> str:
        """The name of the file or folder."""
        return os.path.basename(os.path.abspath(str(self.path)))

    @property
    def first_choice(self) -> Source:
        """Itself."""
        return self

    @property
    def known_labels(self) -> tuple[str, ...] | None:
        """None, since the files may have changed."""
        return None

    def open(self, cache: Path) -> Opened:
        """Return the corpus, and the source with an absolute path.

        Raises:
            UserError: something cannot be read; the message names it.
        """
        assert self.path is not None
        try:
            path = Path(self.path).expanduser()
        except RuntimeError as error:
            raise UserError(f"data.path={self.path}: {error}") from None
        layout = Layout(
            self.delimiter, self.quoting, self.encoding, self.columns, self.label_separator
        )
        corpus = open_folder(path, cache, self.text_column, self.label_column, self.labels, layout)
        return Opened(corpus, dataclasses.replace(self, path=os.path.abspath(path)))


def open_folder(
    path: Path,
    cache: Path,
    text_column: str,
    label_column: LabelColumn,
    labels: Sequence[str] | None,
    layout: Layout = SEEN,
) -> Corpus:
    """Return the corpus of a file or folder: in place if it has the Hub's layout, else imported.

    Raises:
        UserError: something cannot be read; the message names it.
    """
    if (text_column, label_column) == ("text", "label") and (names := ready_labels(path, labels)):
        corpus = Corpus(path, names)
        several = holds_lists(corpus.files("train")[0])
        if several:
            refuse_too_many(names)
        return Corpus(path, names, unanswered(corpus), several)
    return import_files(path, cache, text_column, label_column, labels, layout)


def ready_labels(folder: Path, labels: Sequence[str] | None) -> tuple[str, ...] | None:
    """The label names of a folder in the Hub's layout; None if it must be imported first."""
    import pyarrow.parquet as pq
    import pyarrow.types

    if not os.path.isdir(folder):
        return None
    corpus = Corpus(folder, ())
    files = [file for part in PARTS for file in corpus.files(part)]
    if not corpus.files("train"):
        return None
    kinds = set()
    for file in files:
        try:
            schema = pq.read_schema(file)
            kind = schema.field("label").type
            ready = pyarrow.types.is_integer(
                kind.value_type if pyarrow.types.is_list(kind) else kind
            )
            kinds.add(pyarrow.types.is_list(kind))
        except (pyarrow.ArrowException, OSError, KeyError):
            return None  # the import says what is wrong
        if not ready or "text" not in schema.names or len(kinds) > 1:
            return None
    return tuple(labels) if labels else declared_labels(files[0])
