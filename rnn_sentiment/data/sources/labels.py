"""The names of classes in files, and names that mean the same class."""

from __future__ import annotations

import math
import unicodedata
from collections import Counter
from collections.abc import Sequence

from rnn_sentiment.bars import Bar
from rnn_sentiment.data.parquet import MOST_LABELS, declared_labels
from rnn_sentiment.data.sources import formats
from rnn_sentiment.data.sources.finding import Input, suffix
from rnn_sentiment.data.sources.labelling import LabelColumn, names_of
from rnn_sentiment.data.sources.layout import Layout
from rnn_sentiment.data.sources.text import shown
from rnn_sentiment.data.sources.unpacking import unpacked
from rnn_sentiment.errors import UserError


def has_several(
    inputs: list[Input], text_column: str, label_column: LabelColumn, layout: Layout
) -> bool:
    """Whether texts have several labels, by the settings or the first row of a train part."""
    if not isinstance(label_column, str) or layout.label_separator is not None:
        return True
    if suffix(inputs[0].path) not in (".json", ".jsonl", ".ndjson", ".parquet"):
        return False  # no text is a list
    rows = formats.read_rows(inputs[0], text_column, label_column, layout=layout)
    return isinstance(next(rows)[2], tuple)


def find_labels(
    inputs: list[Input],
    text_column: str,
    label_column: LabelColumn,
    layout: Layout,
    several: bool = False,
) -> list[str]:
    """The classes of a train part, numbers in numerical and names in alphabetical order.

    Labels with a column each are in the order of the columns.

    Raises:
        UserError: there is only one, or nearly one for every row, two look alike, or one reads as
            a missing label.
    """
    if not isinstance(label_column, str):
        return list(label_column)
    counts: Counter[str] = Counter()
    places: dict[str, str] = {}
    for given in inputs:
        if suffix(given.path) == ".parquet":
            with unpacked(given.path) as plain:
                if declared := declared_labels(plain, label_column):
                    return list(declared)
        for number, _, label in Bar(
            formats.read_rows(given, text_column, label_column, layout=layout),
            desc=f"Reading {given.path.name}", unit=" texts",
        ):  # fmt: skip
            for name in names_of(given.at(number), label_column, label, several):
                places.setdefault(name, given.at(number))
                counts[name] += 1
    if len(counts) < 2:
        raise UserError(
            f"{inputs[0].path}: the train part has the single class {shown(next(iter(counts)))}; "
            "at least two are needed"
            if counts
            else f"{inputs[0].path}: no text has a label"
        )
    if len(counts) > max(100, sum(counts.values()) / 2):
        raise UserError(
            f"{inputs[0].path}: {label_column} has {len(counts):,} different values in "
            f"{sum(counts.values()):,} rows; is it the column with the class?"
        )
    refuse_missing(places)
    refuse_look_alikes(places)
    try:
        return sorted(counts, key=int)
    except ValueError:
        return sorted(counts)


def refuse_too_many(names: Sequence[str]) -> None:
    """Refuse more labels than a number has bits, if texts have several.

    Raises:
        UserError: the message gives their number.
    """
    if len(names) > MOST_LABELS:
        raise UserError(
            f"there are {len(names):,} labels, and texts may have several: at most {MOST_LABELS} "
            "can be told apart; leave out the rarest, or join some"
        )


def refuse_missing(places: dict[str, str]) -> None:
    """Refuse names that programs write for missing values.

    Args:
        places: by name, where it was first seen.

    Raises:
        UserError: the message names one and its place.
    """
    for label, place in places.items():
        if label.lower() in ("nan", "null"):
            raise UserError(
                f"{place}: the label is {shown(label)}, as programs write a missing one; take such "
                "rows out, or, if it is a class, give the names of all classes: "
                f"'data.labels=[\"{label}\",...]'"
            )


def refuse_look_alikes(places: dict[str, str]) -> None:
    """Refuse names that most likely mean the same class.

    Args:
        places: by name, where it was first seen.

    Raises:
        UserError: the message names two and their places.
    """
    seen: dict[str, str] = {}
    for label, place in places.items():
        other = seen.setdefault(look(label), label)
        if other != label:
            raise UserError(
                f"{place}: the class {shown(label)} looks like {shown(other)} of {places[other]}; "
                "write them alike, or give all classes in order with data.labels=[...]"
            )


def look(label: str) -> str:
    """A name without case, invisible characters and variants of numbers."""
    plain = unicodedata.normalize("NFKC", label)
    shown = "".join(c for c in plain if unicodedata.category(c) != "Cf")
    text = " ".join(shown.split()).casefold()
    try:
        number = float(text)
    except ValueError:
        return text
    return repr(number) if math.isfinite(number) else text
