"""Open a file of vectors, plain, gzipped or in a zip archive, as lines of bytes."""

from __future__ import annotations

import gzip
import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO

from rnn_sentiment.data.sources.unpacking import MAX_RATIO, SMALL
from rnn_sentiment.errors import UserError

MAX_LINE = 1 << 20  # bytes; 300 numbers take about 3,000
ABOUT = re.compile(r"(?i)(read_?me|licen[cs]e|copying|notice|changelog|about)\b")  # no vectors
DAMAGE = (  # what the libraries raise on damaged archives
    OSError, EOFError, RuntimeError, ValueError, struct.error, zipfile.BadZipFile, zlib.error
)  # fmt: skip


def read_lines(path: Path, dim: int | None) -> Iterator[bytes]:
    """Stream the lines of a `.txt`, `.txt.gz` or `.zip`, each with its end, in bounded memory.

    Args:
        path: the file; of a zip archive, the member is read that `choose_member` finds.
        dim: size of the vectors, for a choice among members.

    Raises:
        UserError: the file is missing, damaged, encrypted, ambiguous, no text, or unpacks to far
            more than files of vectors do.
    """
    try:
        with _open(path, dim) as (stream, limit):
            total = 0
            while line := stream.readline(MAX_LINE):
                if len(line) == MAX_LINE:
                    raise UserError(
                        f"{path}: a line has over {MAX_LINE:,} bytes; not a file of vectors"
                    )
                total += len(line)
                if limit is not None and total > limit:
                    raise UserError(
                        f"{path}: refused, it unpacks to over {MAX_RATIO} times its size, which "
                        "vectors never do"
                    )
                yield line
    except UserError:
        raise
    except DAMAGE as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise UserError(
            f"{path}: cannot be read ({reason}); give a file of vectors, .txt, .txt.gz or .zip"
        ) from error


@contextmanager
def _open(path: Path, dim: int | None) -> Iterator[tuple[IO[bytes], int | None]]:
    """Open the text inside, with the number of bytes that it may have."""
    if path.suffix == ".gz":
        with gzip.open(path) as text:
            yield text, max(MAX_RATIO * path.stat().st_size, SMALL)  # type: ignore[misc]
    elif path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            member = choose_member(archive, dim, str(path))
            with archive.open(member) as packed:
                yield io.BufferedReader(packed, MAX_LINE), None  # type: ignore[type-var]
    else:
        with path.open("rb") as text:
            yield text, None


def choose_member(archive: zipfile.ZipFile, dim: int | None, where: str) -> zipfile.ZipInfo:
    """Find the one text of vectors in an archive; among several, the one named `...{dim}d.txt`.

    Raises:
        UserError: there is none or no single one, a name leads out of the archive, or the member
            is encrypted or declares a size that vectors never have.
    """
    for name in archive.namelist():
        parts = PurePosixPath(name.replace("\\", "/"))
        if parts.is_absolute() or ".." in parts.parts:
            raise UserError(f"{where}: refused, it contains a path outside the archive, {name!r}")
    texts = [
        info
        for info in archive.infolist()
        if info.filename.endswith((".txt", ".vec"))
        and not info.filename.startswith("__MACOSX/")
        and not ABOUT.match(PurePosixPath(info.filename).name)
    ]
    named = [i for i in texts if dim and re.search(rf"(?<!\d){dim}d\.(txt|vec)$", i.filename)]
    found = named or texts
    if not found:
        raise UserError(f"{where}: there is no .txt or .vec file in it; give an archive of vectors")
    if len(found) > 1:
        raise UserError(
            f"{where}: which of {', '.join(repr(i.filename) for i in found)}? Set "
            "embedding.vectors_dim, or unpack the one you want and give its path"
        )
    (member,) = found
    if member.flag_bits & 1:
        raise UserError(f"{where}: {member.filename!r} is encrypted; unpack it and give its path")
    if member.file_size > max(MAX_RATIO * member.compress_size, SMALL):
        raise UserError(
            f"{where}: refused, {member.filename!r} unpacks from {member.compress_size:,} to "
            f"{member.file_size:,} bytes, which vectors never do"
        )
    return member
