"""How a command reads its file: as the arguments say, or like the run's training files."""

from __future__ import annotations

import codecs
import sys
from argparse import Namespace
from dataclasses import replace
from pathlib import Path

from rnn_sentiment.data.sources.finding import suffix
from rnn_sentiment.data.sources.form import Form, as_arguments, said_form

CHUNK = 2**20  # bytes


def form_of_file(given: Namespace, own: Form) -> Form:
    """The form of a command's file: as given, otherwise as in the run's own files, with a note.

    The run's encoding is used only for files that are not UTF-8, and its delimiter, quoting and
    columns only for CSV and TSV.

    Raises:
        UserError: a setting is invalid; names it.
    """
    if given.file is None:
        return own
    if own.encoding is not None and is_utf8(given.file):
        own = replace(own, encoding=None)
    if suffix(given.file) not in (".csv", ".tsv"):
        own = replace(own, delimiter=None, quoting=None, columns=None)
    form = said_form(given, own)
    said = [each for each in as_arguments(form) if not each.startswith("text_column=")]
    taken = [each for each in said if getattr(given, each.partition("=")[0]) is None]
    if taken:
        print(f"{given.file} is read like the run's own files: {' '.join(taken)}", file=sys.stderr)
    return form


def is_utf8(file: Path) -> bool:
    """Whether a file is valid UTF-8; unknown for files that can be read only once."""
    if not file.is_file():
        return False
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with file.open("rb") as contents:
            while chunk := contents.read(CHUNK):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True
