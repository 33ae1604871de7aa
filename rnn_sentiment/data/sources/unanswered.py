"""Parts without labels, such as the test files of competitions."""

from __future__ import annotations

import logging
import shlex
from collections.abc import Sequence
from pathlib import Path

from rnn_sentiment.data.corpus import Corpus
from rnn_sentiment.data.parquet import one_line_damage
from rnn_sentiment.data.sources import labelling
from rnn_sentiment.data.sources.finding import SUFFIXES, Input, suffix
from rnn_sentiment.data.sources.form import as_arguments
from rnn_sentiment.data.sources.json_rows import read_json
from rnn_sentiment.data.sources.labelling import LabelColumn
from rnn_sentiment.data.sources.layout import Layout, with_delimiter
from rnn_sentiment.data.sources.tables import read_header
from rnn_sentiment.data.sources.text import listed
from rnn_sentiment.data.sources.unpacking import unpacked
from rnn_sentiment.errors import stop

log = logging.getLogger(__name__)

Parts = dict[str, list[Input]]


def without_unanswered(
    parts: Parts, text_column: str, label_column: LabelColumn, layout: Layout
) -> Parts:
    """Leave out validation and test parts whose files have no column of classes, and say so."""
    found = dict(parts)
    for part in ("validation", "test"):
        inputs = parts.get(part, [])
        columns = [columns_of(given, text_column, layout) for given in inputs]
        wanted = labelling.columns_of(label_column)
        if inputs and all(text_column in c and not {*wanted} & {*c} for c in columns):
            del found[part]
            said = [] if text_column == "text" else [f"text_column={text_column}"]
            reason = f"has no column '{listed(wanted)}'"
            warn_left_out(inputs[0].path, reason, part, [*said, *as_arguments(layout)])
    return found


def unanswered(corpus: Corpus) -> frozenset[str]:
    """The validation and test parts of a folder in the Hub's layout whose labels are all -1."""
    found = set()
    for part in ("validation", "test"):
        files = corpus.files(part)
        if files and all(map(is_unanswered, files)):
            found.add(part)
            warn_left_out(files[0], "has the label -1 in every row", part)
    return frozenset(found)


def is_unanswered(file: Path) -> bool:
    """Whether all labels of a parquet file are -1, as the statistics in its footer say."""
    import pyarrow.parquet as pq

    with one_line_damage(file):
        metadata = pq.read_metadata(file)
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    columns = [group.column(n) for group in groups for n in range(group.num_columns)]
    found = [column.statistics for column in columns if column.path_in_schema == "label"]
    return bool(found) and all(s and s.has_min_max and s.min == s.max == -1 for s in found)


def warn_left_out(file: Path, why: str, part: str, said: Sequence[str] = ()) -> None:
    """Warn that a part without classes is left out, and show how to predict it."""
    log.warning(
        "%s %s, so it is left out; a %s part is split off the train part instead. To answer its "
        "texts: python -m rnn_sentiment.predict run=... %s",
        *(file, why, part, shlex.join([f"file={file}", *said])),
    )


def columns_of(source: Input, text_column: str, layout: Layout) -> list[str]:
    """The columns of a table; none if the format does not name them.

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
