"""Files of one part that most likely hold the same rows."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from itertools import permutations
from pathlib import Path

from rnn_sentiment.errors import UserError


def refuse_copies(files: Sequence[Path]) -> None:
    """Refuse the same file in several formats, or with its backup: rows would count twice.

    Numbered files are not copies: `train-1.csv` and `train-2.csv` are parts of a whole.

    Raises:
        UserError: the message names the files.
    """
    named: dict[Path, list[Path]] = defaultdict(list)
    for file in files:
        named[bare(file)].append(file)
    for same in named.values():
        if len(same) > 1:
            raise UserError(
                f"{' and '.join(map(str, same))} seem to be one file in two formats, and would "
                "count twice; remove or rename one"
            )
    words = {name: words_of(name.name) for name in named}
    for name, other in permutations(named, 2):
        more = words[other] - words[name]
        if name.parent == other.parent and more and words[name] < words[other]:
            (first,), (second,) = named[name], named[other]
            raise UserError(
                f"{second} looks like a copy of {first.name}, and would count twice; "
                "move it elsewhere, or number both if they are parts of a whole"
            )


def bare(file: Path) -> Path:
    """A path without the suffixes of its format."""
    return (file.with_suffix("") if file.suffix == ".gz" else file).with_suffix("")


def words_of(name: str) -> set[str]:
    """The words of a name, and numbers in brackets, but no other numbers."""
    return set(re.findall(r"\(\d+\)|[^\W\d_]+", name.lower()))
