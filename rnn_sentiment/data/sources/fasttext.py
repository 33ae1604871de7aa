"""fastText's format: a line is `__label__CLASS` and a text."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from pathlib import Path

from rnn_sentiment.data.sources.unpacking import open_bytes

PREFIX = "__label__"
SUFFIXES = (".txt", ".ft", ".train", ".valid", ".test")  # as in fastText's own examples
LINE = re.compile(rf"{PREFIX}(\S*)\s*(.*)", re.DOTALL)


def is_fasttext(path: Path) -> bool:
    """Whether a file is called like a text and begins with a class."""
    bare = path.with_suffix("") if path.suffix == ".gz" else path
    if bare.suffix.lower() not in SUFFIXES or not path.is_file():
        return False
    try:
        with open_bytes(path) as file:
            return file.read(len(PREFIX)) == PREFIX.encode()
    except (OSError, EOFError, zlib.error):
        return False


def read_fasttext(lines: Iterator[str]) -> Iterator[tuple[int, str | None, str]]:
    """The number, the class and the text of each line that is not empty; no class is None."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        found = LINE.fullmatch(line.strip())
        yield (number, found[1], found[2]) if found else (number, None, line)
