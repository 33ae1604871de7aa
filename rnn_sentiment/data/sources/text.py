"""Text files in any encoding, line by line, with bounded lines."""

from __future__ import annotations

import codecs
import io
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from rnn_sentiment.data.sources.finding import Input
from rnn_sentiment.data.sources.unpacking import open_bytes
from rnn_sentiment.errors import UserError

LONGEST = 16_000_000  # characters of a line or text: to tokenise more would fill the memory
BLOCK = 1 << 16  # characters
SHOWN = 60  # characters of what an error quotes
MARKS = {  # by which a file says how it is encoded; that of UTF-32 begins with that of UTF-16
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


def lines(source: Input, encoding: str | None = None) -> Iterator[str]:
    """The lines of a file with their ends; bytes that are not UTF-8 become surrogates.

    Args:
        source: the file.
        encoding: used without a byte order mark; None is UTF-8.

    Raises:
        UserError: the file is damaged, cannot be opened or has another encoding, or a line is
            too long.
    """
    number = 0
    with one_line_damage(lambda: source.at(number)), open_text(source.path, encoding) as file:
        for line in bounded(file, source.at):
            number += 1
            yield line


def blocks(source: Input, encoding: str | None = None) -> Iterator[str]:
    """The text of a file in pieces of bounded length; see `lines`."""
    with one_line_damage(lambda: str(source.path)), open_text(source.path, encoding) as file:
        while block := file.read(BLOCK):
            yield block


@contextmanager
def one_line_damage(place: Callable[[], str]) -> Iterator[None]:
    """Turn errors while reading a file into a `UserError` that names the place."""
    try:
        yield
    except UnicodeError as error:
        raise UserError(
            f"{place()} is not {getattr(error, 'encoding', 'text')}; name the encoding, "
            "encoding=... (to train, data.encoding=...)"
        ) from error
    except (OSError, EOFError, zlib.error) as error:
        reason = str(getattr(error, "strerror", None) or error)
        raise UserError(f"{place()}: cannot be read ({reason})") from error


def bounded(file: TextIO, at: Callable[[int], str]) -> Iterator[str]:
    """The lines of an open file with their ends.

    Args:
        file: opened with `newline=""`, so that only line ends separate lines, not form feeds.
        at: describes the place of a line, given its number from 1.

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
        f"{place} is longer than {LONGEST:,} characters, too long for one text; split it, or leave "
        "it out"
    )


def open_text(path: Path, encoding: str | None = None) -> TextIO:
    """Open a text file, compressed or not; a byte order mark overrides `encoding`."""
    packed = open_bytes(path)
    start = packed.peek(4)[:4]
    marked = next((name for mark, name in MARKS.items() if start.startswith(mark)), None)
    found = marked or encoding or "utf-8"
    errors = "surrogateescape" if found in ("utf-8-sig", "utf-8") else "strict"
    return io.TextIOWrapper(packed, found, errors, newline="")


def refuse_bytes(text: str, place: str) -> None:
    """Refuse a text, read with surrogate escapes, that was not valid UTF-8 or is binary.

    Raises:
        UserError: the message names the place.
    """
    if "\0" in text:
        raise UserError(f"{place} holds a NUL byte: is the file binary, or UTF-16?")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise UserError(
            f"{place} is not valid UTF-8; name its encoding, as encoding=latin-1 (to train, "
            "data.encoding=latin-1)"
        ) from None


def shown(value: Any) -> str:
    """A value from a file as an error quotes it: short, and without control characters."""
    text = repr(value[: 2 * SHOWN] if isinstance(value, str) else value)
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 3]}..."


def listed(names: list[str]) -> str:
    """Names from a file as an error lists them: the first ten, without control characters."""
    some = ", ".join(shown(name)[1:-1] for name in names[:10])
    return f"{some}, ..." if len(names) > 10 else some


def without_surrogates(text: str) -> str:
    """A text that UTF-8 can write: pairs of surrogates become one character, others U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
