"""Rows in JSON: an object per line, or an array of objects."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from rnn_sentiment.data.sources.finding import Input
from rnn_sentiment.data.sources.text import LONGEST, blocks, lines, too_long
from rnn_sentiment.errors import Refuse, UserError

SPACE = re.compile(r"[ \t\r\n]*")
NESTED = "nested too deeply for a row"


def read_json(
    source: Input, encoding: str | None, refuse: Refuse
) -> Iterator[tuple[int, dict[str, Any]]]:
    """The number of the line and the object of each row, in bounded memory.

    Args:
        source: the file.
        encoding: see `lines`.
        refuse: called for each row that is not an object; a damaged array ends the reading.

    Raises:
        UserError: the message names file and line.
    """
    is_array = Unread(source, encoding).first() == "["
    for number, value in (read_array if is_array else read_lines)(source, encoding):
        if isinstance(value, dict):
            yield number, value
        else:
            reason = f" ({value})" if isinstance(value, ValueError) else ""
            refuse(UserError(f"{source.at(number)}: not a JSON object{reason}"))


def read_lines(source: Input, encoding: str | None) -> Iterator[tuple[int, Any]]:
    """The value of each line that is not empty, or the error in it."""
    for number, line in enumerate(lines(source, encoding), 1):
        if not line.strip():
            continue
        try:
            yield number, DECODER.decode(line)
        except RecursionError:
            yield number, ValueError(NESTED)
        except ValueError as error:
            yield number, error


def read_array(source: Input, encoding: str | None) -> Iterator[tuple[int, Any]]:
    """The values of an array, and the lines that they begin in.

    Raises:
        UserError: it is damaged.
    """
    unread = Unread(source, encoding)
    unread.take("[")
    more = unread.first() != "]"
    while more:
        unread.first()
        yield unread.number, unread.value()
        more = unread.first() == ","
        if more:
            unread.take(",")
    unread.take("]")
    unread.take("")


class Unread:
    """The unread rest of a JSON file.

    Args:
        source: the file.
        encoding: see `lines`.

    Attributes:
        number: of the line that it begins in.
    """

    def __init__(self, source: Input, encoding: str | None) -> None:
        self.source = source
        self.blocks = blocks(source, encoding)
        self.text, self.start = "", 0
        self.number = 1

    def first(self) -> str:
        """The first character that is not a space, if there is one."""
        while True:
            space = SPACE.match(self.text, self.start)
            assert space is not None
            self.skip_to(space.end())
            if self.start < len(self.text) or not self.grow():
                return self.text[self.start : self.start + 1]

    def take(self, expected: str) -> None:
        """Read the first character; "" is the end of the file.

        Raises:
            UserError: there is another one.
        """
        if (found := self.first()) != expected:
            raise self.mistake(f"{expected or 'nothing'} is expected, not {found or 'the end'}")
        self.skip_to(self.start + len(found))

    def value(self) -> Any:
        """Read a value.

        Raises:
            UserError: it is not valid JSON, or too long.
        """
        while True:
            try:
                value, end = DECODER.raw_decode(self.text, self.start)
            except RecursionError:
                raise self.mistake(NESTED) from None
            except ValueError as error:  # perhaps because only its beginning is there
                if len(self.text) - self.start > 2 * LONGEST:
                    raise too_long(self.source.at(self.number)) from None
                if not self.grow():
                    raise self.mistake(getattr(error, "msg", error)) from None
            else:
                self.skip_to(end)
                return value

    def skip_to(self, end: int) -> None:
        """Continue from a place in the text."""
        self.number += self.text.count("\n", self.start, end)
        self.start = end

    def grow(self) -> bool:
        """Read about as much as is left, at least a block; False at the end of the file."""
        parts, size = [self.text[self.start :]], 0
        for block in self.blocks:
            parts.append(block)
            size += len(block)
            if size >= len(parts[0]):
                break
        self.text, self.start = "".join(parts), 0
        return size > 0

    def mistake(self, reason: object) -> UserError:
        """The error for a mistake here."""
        return UserError(f"{self.source.at(self.number)}: not a JSON object ({reason})")


def unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse an object with a repeated key."""
    row = dict(pairs)
    if len(row) != len(pairs):
        raise ValueError("a key stands twice")
    return row


DECODER = json.JSONDecoder(object_pairs_hook=unique_keys)
