"""Files that last: written in one step, and read with care, since they may come from a stranger."""

from __future__ import annotations

import json
import os
import re
import stat
from pathlib import Path
from typing import Any

from rnn_sentiment.errors import UserError

LARGEST = 16 * 2**20  # bytes of a JSON file; the results of 1,000 epochs are under one million


def read_file(file: Path, largest: int = LARGEST) -> bytes:
    """Read a file that is neither a link nor a device nor longer than `largest` bytes.

    Raises:
        UserError: it is one of these, or cannot be read.
    """
    try:
        status = file.lstat()
        if not stat.S_ISREG(status.st_mode):
            raise UserError(f"{file} is not a regular file")
        if status.st_size > largest:
            raise UserError(f"{file} has {status.st_size:,} bytes; at most {largest:,} are read")
        return file.read_bytes()
    except OSError as error:
        raise UserError(f"{file}: {error.strerror}") from None


def read_json(file: Path) -> Any:
    """Read a JSON file.

    Raises:
        UserError: it cannot be read, or is not JSON in UTF-8.
    """
    try:
        return json.loads(read_file(file).decode())
    except UserError:
        raise
    except RecursionError:
        raise UserError(f"{file} is not JSON of ours: it is nested too deeply") from None
    except ValueError as error:  # also bytes that are no UTF-8, endless numbers
        raise UserError(f"{file} is not JSON: {error}") from None


def write_file(file: Path, contents: str) -> None:
    """Write a text file so that it is there whole or not at all, also after a power cut."""
    temporary = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        with temporary.open("w", encoding="utf-8") as out:
            out.write(contents)
            out.flush()
            os.fsync(out.fileno())
        os.replace(temporary, file)
    finally:
        temporary.unlink(missing_ok=True)


def remove_leftovers(folder: Path) -> None:
    """Remove what a killed process had begun to write into a folder, or one below it."""
    for file in (*folder.glob(".*"), *folder.glob("*/.*"), *folder.glob(".hydra/.*")):
        if re.fullmatch(r"\.[\w.]+\.\d+", file.name) and file.is_file():
            file.unlink(missing_ok=True)


def printable(text: str) -> str:
    """One line of a text, without control characters that could reach a page or a terminal."""
    return "".join(c if c.isprintable() else "�" for c in " ".join(text.split()))
