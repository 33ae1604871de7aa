"""Turn files of any kind into a folder in the Hub's layout, once, checking every row."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from filelock import FileLock
from tqdm import tqdm

from rnn_sentiment.data.corpus import Corpus
from rnn_sentiment.data.parquet import declared_labels, write_part
from rnn_sentiment.data.sources import formats as files
from rnn_sentiment.data.sources.formats import Source
from rnn_sentiment.errors import UserError


def import_files(
    path: Path, cache: Path, text_column: str, label_column: str, labels: Sequence[str] | None
) -> Corpus:
    """Give the corpus of a file or folder, converted once and kept until a file changes.

    Args:
        path: what `files.find` understands.
        cache: where the converted corpus is kept.
        text_column: the column with the text.
        label_column: the column with the class.
        labels: the classes in order; None takes those of the train part, numbers in numerical
            and names in alphabetical order.

    Raises:
        UserError: names the file and the row that cannot be used; nothing is left behind.
    """
    parts = files.find(path)
    key = identity(parts, text_column, label_column, labels)
    folder = cache / "imported" / key
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{folder}.lock"):
        if not folder.exists():
            temporary = Path(tempfile.mkdtemp(prefix=f"{key}.importing.", dir=folder.parent))
            try:
                names = list(labels or find_labels(parts["train"], text_column, label_column))
                for part, sources in parts.items():
                    rows = numbered(part, sources, text_column, label_column, names)
                    shown = tqdm(rows, f"Importing {part}", unit=" reviews", leave=False)
                    write_part(temporary / f"{part}-00000-of-00001.parquet", iter(shown), names)
                os.replace(temporary, folder)
            finally:
                shutil.rmtree(temporary, ignore_errors=True)
    found = declared_labels(folder / "train-00000-of-00001.parquet")
    assert found is not None
    return Corpus(folder, found)


def identity(parts: dict[str, list[Source]], *settings: object) -> str:
    """Name an import by its files, their sizes and times, and its settings."""
    listed = []
    for part, sources in parts.items():
        for source in sources:
            below = sorted(source.path.glob("*.txt")) if source.label else [source.path]
            stats = [
                (str(f.resolve()), s.st_size, s.st_mtime_ns) for f in below for s in [f.stat()]
            ]
            listed.append((part, source.label, stats))
    return hashlib.blake2b(repr((listed, settings)).encode(), digest_size=10).hexdigest()


def find_labels(sources: list[Source], text_column: str, label_column: str) -> list[str]:
    """The classes of a train part, in order.

    Raises:
        UserError: there is only one, or nearly one for every row.
    """
    counts: Counter[str] = Counter()
    for source in sources:
        if source.path.suffix == ".parquet" and (declared := declared_labels(source.path)):
            return list(declared)
        for _, _, label in tqdm(
            files.read_rows(source, text_column, label_column),
            desc=f"Reading {source.path.name}", unit=" reviews", leave=False,
        ):  # fmt: skip
            counts[label] += 1
    if len(counts) < 2:
        raise UserError(
            f"{sources[0].path}: the train part has the single class {next(iter(counts))!r}; "
            "at least two are needed"
        )
    if len(counts) > max(100, sum(counts.values()) / 2):
        raise UserError(
            f"{sources[0].path}: {label_column} has {len(counts):,} different values in "
            f"{sum(counts.values()):,} rows; is it the column with the class?"
        )
    try:
        return sorted(counts, key=int)
    except ValueError:
        return sorted(counts)


def numbered(
    part: str, sources: list[Source], text_column: str, label_column: str, names: list[str]
) -> Iterator[tuple[str, int]]:
    """The rows of a part with their labels as numbers; -1 in the unlabelled part."""
    numbers = {name: number for number, name in enumerate(names)}
    if not any(name.lstrip("-").isdigit() for name in names):
        # Files may hold numbers where the classes have names, as the Hub's do.
        numbers |= {str(number): number for number in range(len(names))}
    for source in sources:
        column = None if part == "unsupervised" else label_column
        for number, text, label in files.read_rows(source, text_column, column):
            if part != "unsupervised" and label not in numbers:
                raise UserError(
                    f"{source.at(number)}: the class {label!r} is none of {', '.join(names)}"
                )
            yield text, numbers.get(label, -1)
