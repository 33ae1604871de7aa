"""Which files are which part of a corpus."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from rnn_sentiment.data.sources.copies import refuse_copies
from rnn_sentiment.data.sources.fasttext import is_fasttext
from rnn_sentiment.errors import UserError

# What files and folders of a part may be called; the first name is ours.
PARTS = {
    "train": ("train", "training"),
    "validation": ("validation", "valid", "val", "dev"),
    "test": ("test", "testing"),
    "unsupervised": ("unsupervised", "unsup", "unlabelled", "unlabeled"),
}
SUFFIXES = (".csv", ".tsv", ".jsonl", ".ndjson", ".json", ".parquet")


@dataclass(frozen=True)
class Input:
    """A file of rows, or a folder of text files that share a label."""

    path: Path
    label: str | None = None

    @property
    def files(self) -> list[Path]:
        """The file itself, or the text files of the folder in the order of their names.

        Raises:
            UserError: one of these is no file.
        """
        if self.label is None:
            return [regular(self.path)]
        return [regular(file) for file in text_files(self.path)]

    def at(self, number: int) -> str:
        """Name the place of a row for an error message: lines from 1, else rows from 0."""
        if self.label is not None:
            return str(self.files[number])
        return f"{self.path} {'row' if suffix(self.path) == '.parquet' else 'line'} {number}"


def find(path: Path) -> dict[str, list[Input]]:
    """Find the parts of a corpus: those of `PARTS` that are there, `train` always.

    A file is the train part. In a folder, parts are told by names that begin with theirs or have
    it as a word (`train.csv`, `imdb_test-00000-of-00001.parquet`, also one folder below) or by
    folders (`train/pos/`, as in aclImdb); without any, all files, or one folder of text files per
    class, are the train part.

    Raises:
        UserError: there is nothing to read, or it cannot be told what is what.
    """
    try:
        return found(path)
    except OSError as error:
        where = error.filename or f"data.path={path}"
        raise UserError(f"{where}: cannot be read ({error.strerror})") from error


def found(path: Path) -> dict[str, list[Input]]:
    """The parts of a corpus, as `find` gives them."""
    if path.is_file():
        if not is_table(path):
            raise UserError(
                f"data.path={path} is none of {', '.join(SUFFIXES)} (also with .gz), and does not "
                "begin with __label__, as fastText's files do"
            )
        return {"train": [Input(path)]}
    if not path.is_dir():
        raise UserError(f"data.path={path} is neither a file nor a folder")
    parts = named_parts(path) or {"train": data_files(path)}
    if parts == {"train": []}:
        parts = class_folders(path, "train")
    if not parts.get("train"):
        raise UserError(
            f"data.path={path} has no train part; expected train.csv (or {', '.join(SUFFIXES[1:])})"
            ", or one folder of .txt files per class, as train/pos and train/neg"
        )
    for inputs in parts.values():
        refuse_copies([given.path for given in inputs if given.label is None])
    return parts


def named_parts(folder: Path) -> dict[str, list[Input]]:
    """The parts whose names are on files or folders; none where nothing tells them apart."""
    parts: dict[str, list[Input]] = {}
    for entry in sorted([*visible(folder), *(f for d in folders(folder) for f in visible(d))]):
        part = part_of(entry)
        if part is None:
            continue
        if is_table(entry):
            parts.setdefault(part, []).append(Input(regular(entry)))
        elif entry.is_dir() and entry.parent == folder:
            tables = [given for given in data_files(entry) if part_of(given.path) is None]
            for below, inputs in [(part, tables), *class_folders(entry, part).items()]:
                if inputs:
                    parts.setdefault(below, []).extend(inputs)
    others = [file.path for file in data_files(folder) if part_of(file.path) is None]
    if "train" not in parts and len(parts) == 1 and not others:
        (inputs,) = parts.values()
        if not any(begins_with_part(file.path) for file in inputs):
            return {}  # `my_test.csv` by itself is what there is to train on
    if "train" not in parts and parts and others:
        part, inputs = next(iter(parts.items()))
        raise UserError(
            f"{inputs[0].path} is the {part} part, judging by its name, but no file is named "
            f"train; if that is {others[0].name}, rename it to train{suffix(others[0])}"
        )
    return parts


def data_files(folder: Path) -> list[Input]:
    """The files of rows in a folder, whatever they are called."""
    return [Input(regular(f)) for f in visible(folder) if is_table(f)]


def class_folders(folder: Path, part: str) -> dict[str, list[Input]]:
    """Folders of text files below `folder`, by part; one named `unsup` is unlabelled."""
    parts: dict[str, list[Input]] = {}
    for below in folders(folder):
        if text_files(below):
            where = "unsupervised" if part_of(below) == "unsupervised" else part
            parts.setdefault(where, []).append(Input(below, below.name))
    return parts


def text_files(folder: Path) -> list[Path]:
    """The files of a folder that hold a text each."""
    return [entry for entry in visible(folder) if entry.suffix == ".txt"]


def is_table(path: Path) -> bool:
    """Whether a file holds labelled rows, by its name or because it begins as fastText's do."""
    return suffix(path) in SUFFIXES or is_fasttext(path)


def visible(folder: Path) -> list[Path]:
    """What a folder holds, without hidden files, in the order of names."""
    return sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))


def folders(folder: Path) -> list[Path]:
    """The folders in a folder.

    Raises:
        UserError: one of them is a link to the folder itself, or to one above.
    """
    found = [entry for entry in visible(folder) if entry.is_dir()]
    for entry in found:
        if entry.is_symlink() and folder.resolve().is_relative_to(entry.resolve()):
            raise UserError(f"{entry} is a link to the folder that contains it; remove it")
    return found


def regular(file: Path) -> Path:
    """Pass on what is a file.

    Raises:
        UserError: it is a folder, a device or a pipe, or a link that leads nowhere.
    """
    if file.is_dir():
        raise UserError(f"{file} is a folder, not a file; rename it, or give it as data.path")
    if file.is_symlink() and not file.is_file():
        raise UserError(f"{file} is a broken link; repair or remove it")
    if not file.is_file():
        raise UserError(f"{file} is not a regular file; remove it, or give another data.path")
    return file


def part_of(path: Path) -> str | None:
    """Tell the part by the word that a name begins with, else by the one that it contains."""
    words = re.split(r"[-_.\s\d]+", path.name.lower())
    told = [part for word in words for part, names in PARTS.items() if word in names]
    if begins_with_part(path) or len(set(told)) == 1:
        return told[0]
    return None


def begins_with_part(path: Path) -> bool:
    """Whether the first word of a name is a part's."""
    word = re.split(r"[-_.\s\d]", path.name.lower(), maxsplit=1)[0]
    return any(word in names for names in PARTS.values())


def suffix(path: Path) -> str:
    """The suffix of a file in lower case, whether or not it is compressed."""
    return (path.with_suffix("") if path.suffix == ".gz" else path).suffix.lower()
