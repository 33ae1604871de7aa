"""The texts to classify, read from a file or a stream in order and in bounded memory."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple, TextIO

from rnn_sentiment.data.sources.finding import Input, is_table
from rnn_sentiment.data.sources.form import USUAL, Form
from rnn_sentiment.data.sources.formats import read_rows
from rnn_sentiment.data.sources.text import LONGEST, bounded, lines, refuse_bytes
from rnn_sentiment.errors import Refuse, UserError

WINDOW = 4096  # texts that are sorted by length together


class Given(NamedTuple):
    """A text and its row: its position in the input, from 0, counting bad rows."""

    row: int
    text: str


class Rows:
    """Reads rows and numbers them, counting bad rows.

    Args:
        refuse: called for each bad row, which is then skipped.
    """

    def __init__(self, refuse: Refuse) -> None:
        self._refuse = refuse
        self.num_rows = 0

    def refuse(self, error: UserError) -> None:
        """Count a bad row, and pass it to the handler."""
        self.num_rows += 1
        self._refuse(error)

    def of_file(self, file: Path, form: Form = USUAL) -> Iterator[Given]:
        """Yield the texts of a file that could be trained on, or the lines of any other file.

        Args:
            file: any file.
            form: how it is written, and which column of a table has the texts.

        Raises:
            UserError: it cannot be read.
        """
        check_input(file)
        source = Input(file)
        if is_table(file):
            rows = read_rows(source, form.text_column, None, self.refuse, form)
            yield from self._count(text for _, text, _ in rows)
            return
        for number, line in enumerate(lines(source, form.encoding), 1):
            text = line.rstrip("\r\n")
            try:
                refuse_bytes(text, source.at(number))
            except UserError as error:
                self.refuse(error)
                continue
            yield from self._count([text])

    def of_stream(self, stream: TextIO | None) -> Iterator[Given]:
        """Yield the lines of a stream; invalid UTF-8 is reported once and read as U+FFFD."""
        if stream is None:  # it was closed
            return
        assert isinstance(stream, io.TextIOWrapper)
        stream.reconfigure(encoding="utf-8-sig", errors="surrogateescape", newline="")
        said = False
        for number, line in enumerate(bounded(stream, lambda n: f"standard input line {n}"), 1):
            text = line.rstrip("\r\n")
            readable = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
            if readable != text and not said:
                print(f"standard input is not UTF-8 (line {number}); using U+FFFD", file=sys.stderr)
                said = True
            yield from self._count([readable])

    def of_texts(self, texts: Iterable[str]) -> Iterator[Given]:
        """Yield the given texts."""
        return self._count(texts)

    def _count(self, texts: Iterable[str]) -> Iterator[Given]:
        for text in texts:
            self.num_rows += 1
            yield Given(self.num_rows - 1, text)


def check_input(file: Path) -> None:
    """Check that a file exists.

    Raises:
        UserError: it does not.
    """
    if not file.exists():
        raise UserError(f"file={file} does not exist")
    if file.is_dir():
        raise UserError(f"file={file} is a folder")


def windows(given: Iterable[Given]) -> Iterator[list[Given]]:
    """Group texts into lists of at most `WINDOW`, with at most the characters that one may have.

    A text that does not fit begins a new list, so each list has at least one.
    """
    window: list[Given] = []
    size = 0
    for one in given:
        if window and (len(window) == WINDOW or size + len(one.text) > LONGEST):
            yield window
            window, size = [], 0
        window.append(one)
        size += len(one.text)
    if window:
        yield window
