"""Compressed files, read without unpacking more than a text may take."""

from __future__ import annotations

import gzip
import io
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rnn_sentiment.errors import UserError

MAX_RATIO = 100  # unpacked to packed size; texts and vectors shrink to a half to a tenth
SMALL = 1 << 26  # bytes that a file of any ratio may unpack to
BLOCK = 1 << 20


class Bounded(io.RawIOBase):
    """The contents of a gzipped file, up to the largest size allowed.

    Args:
        path: path of the file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.left = max(MAX_RATIO * path.stat().st_size, SMALL)
        if stated_size(path) > self.left:
            raise self.refusal()
        self.unpacked = gzip.open(path)  # noqa: SIM115 - it is closed with this one

    def readable(self) -> bool:
        """True."""
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        """Read the next bytes.

        Raises:
            UserError: the file unpacks to too much.
        """
        size = self.unpacked.readinto(buffer)
        self.left -= size
        if self.left < 0:
            raise self.refusal()
        return size

    def refusal(self) -> UserError:
        """The error for a file that unpacks to too much."""
        return UserError(
            f"{self.path}: refused, it unpacks to over {MAX_RATIO} times its size, which texts "
            "never do; unpack it yourself if you trust it"
        )

    def close(self) -> None:
        """Close the file."""
        self.unpacked.close()
        super().close()


def stated_size(path: Path) -> int:
    """Unpacked size of a gzipped file as its trailer states it, modulo 2**32; it may be wrong."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 4))
        return int.from_bytes(file.read(4), "little")


def open_bytes(path: Path) -> io.BufferedReader:
    """Open a file, unpacked if its name ends in `.gz`."""
    raw: io.RawIOBase = Bounded(path) if path.suffix == ".gz" else io.FileIO(path)
    return io.BufferedReader(raw, BLOCK)


@contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """The file itself, or its contents in a temporary file if its name ends in `.gz`."""
    if path.suffix != ".gz":
        yield path
        return
    with tempfile.NamedTemporaryFile(suffix=path.with_suffix("").suffix) as out:
        with open_bytes(path) as packed:
            shutil.copyfileobj(packed, out, BLOCK)
        out.flush()
        yield Path(out.name)
