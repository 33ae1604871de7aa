"""Parts without labels, as the test files of competitions are."""

from __future__ import annotations

import logging
import shlex

from rnn_sentiment.data.parquet import one_line_damage
from rnn_sentiment.data.sources.finding import SUFFIXES, Input, suffix
from rnn_sentiment.data.sources.json_rows import read_json
from rnn_sentiment.data.sources.layout import Layout, with_delimiter
from rnn_sentiment.data.sources.tables import read_header
from rnn_sentiment.data.sources.unpacking import unpacked
from rnn_sentiment.errors import stop

log = logging.getLogger(__name__)

Parts = dict[str, list[Input]]


def without_unanswered(parts: Parts, text_column: str, label_column: str, layout: Layout) -> Parts:
    """Leave out validation and test parts whose files have no column of classes, and say so."""
    found = dict(parts)
    for part in ("validation", "test"):
        inputs = parts.get(part, [])
        columns = [columns_of(given, text_column, layout) for given in inputs]
        if inputs and all(text_column in c and label_column not in c for c in columns):
            del found[part]
            log.warning(
                "%s has no column '%s', so it is left out; a %s part is split off the train part "
                "instead. To answer its texts: python -m rnn_sentiment.predict run=... %s",
                inputs[0].path, label_column, part, shlex.quote(f"file={inputs[0].path}"),
            )  # fmt: skip
    return found


def columns_of(source: Input, text_column: str, layout: Layout) -> list[str]:
    """The columns of a table; none where the format has no names for them.

    Raises:
        UserError: it cannot be read.
    """
    kind = suffix(source.path)
    if source.label is not None or kind not in SUFFIXES:
        return []
    if kind == ".parquet":
        import pyarrow.parquet as pq

        with one_line_damage(source.path), unpacked(source.path) as plain:
            return list(pq.read_schema(plain).names)
    if kind in (".csv", ".tsv"):
        return read_header(with_delimiter(layout, source, [text_column]), source)[1]
    return list(next(read_json(source, layout.encoding, stop), (0, {}))[1])
