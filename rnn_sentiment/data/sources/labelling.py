"""How rows state their classes: one value, a list, or a column of 0 and 1 for each label."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from rnn_sentiment.data.sources.text import refuse_bytes, shown
from rnn_sentiment.errors import UserError

Label = str | tuple[str, ...]  # a class, or any number of labels
LabelColumn = str | list[str]  # one column, or one for each label
LONGEST_CLASS = 200  # characters
WHOLE = re.compile(r"([+-]?\d+)\.0*")
FLAGS = {"0": False, "1": True, "false": False, "true": True}


def columns_of(column: LabelColumn | None) -> list[str]:
    """The columns that hold labels, one or several."""
    if column is None:
        return []
    return [column] if isinstance(column, str) else list(column)


def label_of(
    place: str, column: LabelColumn | None, values: list[Any], separator: str | None
) -> Label:
    """The label of a row: a class, or labels without repetition; None without a column.

    Args:
        place: place of the row, for errors.
        column: the column, or columns, of the values.
        values: values of the row in these columns.
        separator: separates several labels in a value.

    Raises:
        UserError: a value is not a class, or neither 0 nor 1.
    """
    if column is None:
        return ""
    if not isinstance(column, str):
        return tuple(flagged(place, column, values))
    (value,) = values
    if separator is not None and isinstance(value, str):
        value = [part for part in value.split(separator) if part.strip()]
    if isinstance(value, list):
        return tuple(dict.fromkeys(label_text(place, column, part) for part in value))
    one = label_text(place, column, value)
    return one if separator is None else (one,)


def flagged(place: str, columns: list[str], values: list[Any]) -> Iterator[str]:
    """The columns with a 1.

    Raises:
        UserError: a value is neither 0 nor 1.
    """
    for column, value in zip(columns, values, strict=True):
        flag = FLAGS.get(plain_number(str(value).strip().lower()))
        if flag is None:
            raise UserError(
                f"{place}: {column} is {shown(value)}; a column of data.label_column=[...] says 1 "
                "where a text has the label, else 0"
            )
        if flag:
            yield column


def names_of(place: str, column: LabelColumn, label: Label, several: bool) -> tuple[str, ...]:
    """The class of a row, or its labels if rows have `several`.

    Raises:
        UserError: there are several labels instead of one, or one instead of several.
    """
    if isinstance(label, tuple) == several:
        return label if isinstance(label, tuple) else (label,)
    found = list(label) if isinstance(label, tuple) else label
    wanted = "a list of labels" if several else "one class"
    raise UserError(
        f"{place}: {column} is {shown(found)}; write {wanted}, as the first row of the train part "
        "does"
    )


def label_text(place: str, column: str, value: Any) -> str:
    """Write a label as text: 1, 1.0 and "1" are the same label.

    Raises:
        UserError: it is not a label.
    """
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = value.strip() if isinstance(value, str) else str(value)
    if not text or not isinstance(value, (str, int)):
        raise UserError(
            f"{place}: {column} is {shown(value)}, not a class; give it one, or remove the row"
        )
    if len(text) > LONGEST_CLASS:
        raise UserError(f"{place}: {column} is {shown(text)}, too long for the name of a class")
    refuse_bytes(text, f"{place}: {column}")
    return plain_number(text)


def plain_number(label: str) -> str:
    """A label without the point of a whole number: `1.0` is `1`."""
    whole = WHOLE.fullmatch(label)
    return whole[1] if whole else label
