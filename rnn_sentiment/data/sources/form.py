"""In which form a run knows its files, and a command reads another one."""

from __future__ import annotations

import dataclasses
from argparse import Namespace
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from pydantic.dataclasses import dataclass

from rnn_sentiment.data.sources.layout import Layout
from rnn_sentiment.data.sources.source import Labels
from rnn_sentiment.errors import UserError


@dataclass(frozen=True)
class Form(Layout):
    """How a table is written, and where it has texts and labels.

    Args:
        text_column: the column that holds the text.
        label_column: the one that holds the class or labels, or one of 0 and 1 for each label.
        delimiter, quoting, encoding, columns, label_separator: see `Layout`.
    """

    text_column: str = "text"
    label_column: str | Labels = "label"


USUAL = Form()
KEYS = tuple(each.name for each in dataclasses.fields(Form))


def form_of(values: Mapping[str, Any]) -> Form:
    """Take what concerns a form from keys and values, of which None is not said.

    Raises:
        UserError: names what cannot be.
    """
    said = {key: value for key, value in values.items() if key in KEYS and value is not None}
    try:
        return Form(**said)
    except ValidationError as error:
        first = error.errors()[0]
        key, what = str(first["loc"][0]), first["msg"].removeprefix("Value error, ")
        raise UserError(f"{key}={first['input']}: {what}") from None


def said_form(given: Namespace, own: Form = USUAL) -> Form:
    """The form of a file: what the arguments of a command say, and for the rest a run's own.

    `null` is what nobody has said.

    Raises:
        UserError: names what cannot be.
    """
    # Only commands that read labels take where those are.
    said = {key: value for key in KEYS if (value := getattr(given, key, None)) is not None}
    found = dataclasses.asdict(own) | said
    return form_of({key: None if value == "null" else value for key, value in found.items()})


def as_arguments(layout: Layout) -> list[str]:
    """The arguments of a command that say of a file what a layout, or a form, says of its texts."""
    said = {
        each.name: value
        for each in dataclasses.fields(layout)
        if (value := getattr(layout, each.name)) != each.default
        and each.name not in ("label_separator", "label_column")
    }
    if layout.columns is not None:
        said["columns"] = f"[{','.join(layout.columns)}]"
    if layout.delimiter == "\t":
        said["delimiter"] = "tab"
    return [f"{key}={value}" for key, value in said.items()]
