"""Delimited files with any of the three usual ways of quoting."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from rnn_sentiment.data.sources.finding import Input
from rnn_sentiment.data.sources.layout import SEEN, Layout, Quoting, log_once, with_delimiter
from rnn_sentiment.data.sources.text import LONGEST, lines
from rnn_sentiment.errors import Refuse, UserError, stop

DIALECTS: dict[Quoting, dict[str, Any]] = {
    "doubled": {"strict": True},
    "escaped": {"strict": True, "escapechar": "\\"},
    "none": {"quoting": csv.QUOTE_NONE},
}


def read_table(
    source: Input, wanted: list[str], layout: Layout = SEEN, refuse: Refuse = stop
) -> Iterator[tuple[int, list[str]]]:
    """The number of the last line and the fields of each row, the header first.

    A row with another number of fields than the header is refused.

    Args:
        source: the file.
        wanted: columns by which its delimiter is found.
        layout: what is known about its format.
        refuse: called for each bad row, which is then skipped.

    Raises:
        UserError: the file's quoting is unknown.
    """
    layout = with_delimiter(layout, source, wanted)
    number, header = read_header(layout, source)
    if not {*wanted} <= {*header}:
        return iter([(number, header)])  # no reading would find the columns
    if layout.quoting is None:
        try:
            layout = replace(layout, quoting=find_quoting(source, layout))
        except UserError as error:
            if refuse is stop:
                raise error
            layout = replace(layout, quoting="doubled")  # bad rows are no sign of another one
    return read_as(layout, source, refuse)


def read_header(layout: Layout, source: Input) -> tuple[int, list[str]]:
    """The number of the first line, and the columns; none in an empty file."""
    quoting = layout.quoting or "doubled"
    return next(read_as(replace(layout, quoting=quoting), source), (0, []))


def find_quoting(source: Input, layout: Layout) -> Quoting:
    """Detect the quoting of a file by reading it.

    Doubled quotes are tried first, then escaped ones, and, if tabs separate the fields, quotes as
    ordinary text.

    Raises:
        UserError: none of these fits, or two of them do.
    """
    is_tabbed = layout.delimiter == "\t"
    try:
        if not spans_lines(replace(layout, quoting="doubled"), source):
            return "doubled"
    except UserError as error:
        if fits("escaped", source, layout):
            log_once(f"{source.path} is read with backslashes before quotes.")
            return "escaped"
        if is_tabbed and fits("none", source, layout):
            log_once(f"{source.path} is read with quotes as text.")
            return "none"
        raise error
    if is_tabbed and fits("none", source, layout):
        raise UserError(
            f"{source.path} can be read in two ways, since its quotes join lines that would be "
            "rows of their own; give quoting=none if quotes are text, quoting=doubled if they join "
            "lines (to train, data.quoting=...)"
        )
    return "doubled"


def fits(quoting: Quoting, source: Input, layout: Layout) -> bool:
    """Whether a whole file can be read with a layout."""
    try:
        spans_lines(replace(layout, quoting=quoting), source)
    except UserError:
        return False
    return True


def spans_lines(layout: Layout, source: Input) -> bool:
    """Whether a row of a file spans several lines; reads it all."""
    spans = False
    for _, fields in read_as(layout, source):
        spans = spans or any("\n" in field or "\r" in field for field in fields)
    return spans


def read_as(
    layout: Layout, source: Input, refuse: Refuse = stop
) -> Iterator[tuple[int, list[str]]]:
    """The rows of a file whose delimiter and quoting are known; see `read_table`."""
    assert layout.delimiter is not None
    assert layout.quoting is not None
    csv.field_size_limit(LONGEST)
    reader = csv.reader(
        lines(source, layout.encoding), delimiter=layout.delimiter, **DIALECTS[layout.quoting]
    )
    header = layout.columns
    try:
        if header is not None:
            yield 0, header
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
            'twice, "", as by pandas.DataFrame.to_csv; quoting=none (to train, data.quoting=none) '
            "takes quotes as text"
        ) from error
