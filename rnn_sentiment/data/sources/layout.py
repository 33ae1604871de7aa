"""The format of a text file, stated by the user or detected."""

from __future__ import annotations

import csv
import dataclasses
import functools
import logging
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic.dataclasses import dataclass

from rnn_sentiment.data.sources.finding import Input, suffix
from rnn_sentiment.data.sources.text import lines

log = logging.getLogger(__name__)

DELIMITERS = (",", ";", "\t", "|")
Quoting = Literal["doubled", "escaped", "none"]


def known(encoding: str) -> str:
    """Refuse an unknown encoding."""
    try:
        "".encode(encoding)
    except LookupError:
        raise ValueError(
            f"{encoding!r} is no encoding; give one such as latin-1, cp1252 or utf-16"
        ) from None
    return encoding


def character(delimiter: object) -> object:
    """Take `tab`, or a backslash and a `t`, for the character; refuse other words."""
    if delimiter in ("tab", "\\t"):
        return "\t"
    if isinstance(delimiter, str) and len(delimiter) != 1:
        raise ValueError("give one character, or tab")
    return delimiter


Delimiter = Annotated[str, BeforeValidator(character)]
Encoding = Annotated[str, AfterValidator(known)]
Columns = Annotated[list[str], Field(min_length=1)]
Separator = Annotated[str, BeforeValidator(character), Field(min_length=1)]


@dataclass(frozen=True)
class Layout:
    """The format of a text file; None is detected.

    Args:
        delimiter: between fields; by default, one that splits the header into the expected columns.
        quoting: how a quote is written inside a quoted field: `doubled` (RFC 4180) or `escaped`
            by a backslash, as in dumps of MySQL; with `none`, quotes are text, as in the GLUE
            tasks. Else the first that fits the whole file.
        encoding: by default UTF-8, or that of a byte order mark.
        columns: names of the columns, in a file without a header.
        label_separator: between several labels in a column; None if it holds one class.
    """

    delimiter: Delimiter | None = None
    quoting: Quoting | None = None
    encoding: Encoding | None = None
    columns: Columns | None = None
    label_separator: Separator | None = None


SEEN = Layout()  # nothing is said


def with_delimiter(layout: Layout, source: Input, wanted: list[str]) -> Layout:
    """Complete a layout with the delimiter of a file.

    It is the usual one for the kind of file, unless another one gives the expected columns.
    """
    if layout.delimiter is not None:
        return layout
    usual = "\t" if suffix(source.path) == ".tsv" else ","
    first = next(lines(source, layout.encoding), "")
    found = usual
    for delimiter in (usual, *DELIMITERS):
        try:
            fields = next(csv.reader([first], delimiter=delimiter), [])
        except csv.Error:  # the reading says what is wrong
            continue
        names = [name.strip() for name in fields]
        if len(fields) == len(layout.columns) if layout.columns else {*wanted} <= {*names}:
            found = delimiter
            break
    if found != usual:
        log_once(f"{source.path} is read with {found!r} between its fields.")
    return dataclasses.replace(layout, delimiter=found)


@functools.cache
def log_once(message: str) -> None:
    """Log once what was detected about a file, which is read several times."""
    log.info(message)
