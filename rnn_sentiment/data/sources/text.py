"""Text files: compressed or not, line by line, and no line so long that memory fills."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TextIO

from rnn_sentiment.data.sources.finding import Input
from rnn_sentiment.errors import UserError

LONGEST = 16_000_000  # characters of a line or text: to tokenise more would fill the memory


def lines(source: Input) -> Iterator[str]:
    """The lines of a file with their ends; bytes that are no UTF-8 become surrogates.

    Raises:
        UserError: the file is damaged or cannot be opened, or a line is too long.
    """
    number = 0
    try:
        with open_text(source.path) as file:
            for line in bounded(file, source.at):
                number += 1
                yield line
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(f"{source.at(number)}: {error}") from error


def bounded(file: TextIO, at: Callable[[int], str]) -> Iterator[str]:
    """The lines of an open file with their ends.

    Args:
        file: opened with `newline=""`, so that only line ends part lines, not form feeds.
        at: names the place of a line by its number, from 1.

    Raises:
        UserError: a line is too long.
    """
    number = 0
    while line := file.readline(LONGEST + 1):
        number += 1
        if len(line) > LONGEST:
            raise too_long(at(number))
        yield line


def too_long(place: str) -> UserError:
    """The error for a text that would fill the memory."""
    return UserError(
        f"{place} is longer than {LONGEST:,} characters, which is no review; split it, or leave "
        "it out"
    )


def open_text(path: Path) -> TextIO:
    """Open a text file, compressed or not; a byte order mark is skipped."""
    how: dict[str, str] = {"encoding": "utf-8-sig", "errors": "surrogateescape", "newline": ""}
    if path.suffix == ".gz":
        return gzip.open(path, "rt", **how)  # type: ignore[call-overload, no-any-return]
    return open(path, **how)  # type: ignore[call-overload, no-any-return]


def refuse_bytes(text: str, place: str) -> None:
    """Refuse a text, read with surrogate escapes, that was not valid UTF-8, or no text at all.

    Raises:
        UserError: names the place.
    """
    if "\0" in text:
        raise UserError(f"{place} holds a NUL byte: is the file binary, or UTF-16?")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise UserError(f"{place} is not valid UTF-8") from None


def without_surrogates(text: str) -> str:
    """A text that UTF-8 can write: pairs of surrogates become one character, others U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
