"""Delimited files with a header line, in the three ways that people quote them."""

from __future__ import annotations

import csv
import logging
from collections.abc import Iterator
from typing import Any

from rnn_sentiment.data.sources.finding import Input
from rnn_sentiment.data.sources.text import LONGEST, lines
from rnn_sentiment.errors import Refuse, UserError, stop

log = logging.getLogger(__name__)

Dialect = dict[str, Any]
DOUBLED: Dialect = {"strict": True}  # RFC 4180: "" is a quote inside a quoted field
ESCAPED: Dialect = {"strict": True, "escapechar": "\\"}  # \" is one, as in dumps of MySQL
UNQUOTED: Dialect = {"quoting": csv.QUOTE_NONE}  # quotes are text, as in the GLUE tasks


def read_table(
    source: Input, delimiter: str, refuse: Refuse = stop
) -> Iterator[tuple[int, list[str]]]:
    """The number of the last line and the fields of each row, the header first.

    A row with another number of fields than the header is refused.

    Raises:
        UserError: the file is quoted in no known way.
    """
    try:
        dialect = find_dialect(source, delimiter)
    except UserError as error:
        if refuse is stop:
            raise error
        dialect = DOUBLED  # bad rows are no sign of another one
    return read_as(dialect, source, delimiter, refuse)


def find_dialect(source: Input, delimiter: str) -> Dialect:
    """Tell how a file is quoted, by reading it.

    Doubled quotes come first, then escaped ones, and where tabs are between the fields, quotes
    that are text like any other.

    Raises:
        UserError: none of these fits, or two of them do.
    """
    try:
        if not spans_lines(DOUBLED, source, delimiter):
            return DOUBLED
    except UserError as error:
        if fits(ESCAPED, source, delimiter):
            log.info("%s is read with backslashes before quotes.", source.path)
            return ESCAPED
        if delimiter == "\t" and fits(UNQUOTED, source, delimiter):
            log.info("%s is read with quotes as text.", source.path)
            return UNQUOTED
        raise error
    if delimiter == "\t" and fits(UNQUOTED, source, delimiter):
        raise UserError(
            f"{source.path} can be read in two ways: quotes join lines that are rows by "
            "themselves; write it as .csv, for example with pandas.DataFrame.to_csv"
        )
    return DOUBLED


def fits(dialect: Dialect, source: Input, delimiter: str) -> bool:
    """Whether all of a file can be read in some way."""
    try:
        spans_lines(dialect, source, delimiter)
    except UserError:
        return False
    return True


def spans_lines(dialect: Dialect, source: Input, delimiter: str) -> bool:
    """Read a whole file, and say whether one of its rows spans several lines."""
    spans = False
    for _, fields in read_as(dialect, source, delimiter):
        spans = spans or any("\n" in field or "\r" in field for field in fields)
    return spans


def read_as(
    dialect: Dialect, source: Input, delimiter: str, refuse: Refuse = stop
) -> Iterator[tuple[int, list[str]]]:
    """The rows of a file that is quoted in a certain way; see `read_table`."""
    csv.field_size_limit(LONGEST)
    reader = csv.reader(lines(source), delimiter=delimiter, **dialect)
    try:
        header: list[str] | None = None
        for row in reader:
            if header is None:
                header = [name.strip() for name in row]
                yield reader.line_num, header
            elif row and len(row) != len(header):
                place = source.at(reader.line_num)
                refuse(UserError(f"{place}: {len(row)} fields, the header has {len(header)}"))
            elif row:
                yield reader.line_num, row
    except csv.Error as error:
        raise UserError(
            f"{source.at(reader.line_num)}: {error}; a quote inside a quoted field is written "
            'twice, "", as by pandas.DataFrame.to_csv'
        ) from error
