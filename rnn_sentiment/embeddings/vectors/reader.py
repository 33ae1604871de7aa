"""Read vectors in GloVe's text format: a token and its numbers, a line each."""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Container, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rnn_sentiment.bars import Bar
from rnn_sentiment.embeddings.vectors.archive import read_lines
from rnn_sentiment.errors import UserError

log = logging.getLogger(__name__)

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
HEADER = re.compile(rb"\d+ (\d+)")  # word2vec's text format begins with rows and size
SPACES = re.compile(rb" +")
NUMBER = b"0123456789+-.eE "
LEFT_OUT = {  # in the words of the one warning
    "not_utf8": "tokens that are not UTF-8",
    "cut_off": "last line without an end, which may be cut off",
    "duplicates": "repeated tokens, of which the first counts",
    "header": "header as word2vec writes it",
}


@dataclass(frozen=True)
class VectorTable:
    """What was read: `vectors (N, dim)`, float32, a row for each of `words`.

    `left_out` counts lines by the reason why they were not taken.
    """

    words: list[str]
    vectors: np.ndarray
    left_out: dict[str, int]


class _Defect(Exception):
    """What is wrong with a line."""


def read_vectors(
    path: Path, dim: int | None, wanted: Container[str] | None = None, most: int | None = None
) -> VectorTable:
    """Read the vectors of the wanted tokens, checking all lines on the way.

    Memory is bounded by the wanted tokens: of other lines the shape and the characters are
    checked, but no number is made. Tokens may contain spaces, as some in GloVe 840B do.

    Args:
        path: a `.txt`, `.txt.gz` or `.zip` of vectors.
        dim: their size; None takes it from the first line.
        wanted: the tokens to keep; None keeps all.
        most: stop after so many vectors; releases begin with the most frequent words.

    Raises:
        UserError: the file cannot be read, or a line does not hold a token and `dim` finite
            numbers; the error names file and line.
    """
    found: dict[str, int] = {}
    numbers = bytearray()
    num_whole = 0
    left_out: Counter[str] = Counter()
    for row, line in _whole_lines(path, dim, left_out):
        try:
            if row == 1:
                line = line.removeprefix(BYTE_ORDER_MARK)
                if dim != 1 and (header := HEADER.fullmatch(line)):
                    left_out["header"] += 1
                    if dim not in (None, int(header[1])):
                        raise _Defect(f"the header says {int(header[1])} numbers, expected {dim}")
                    continue
            dim = dim or _size(line)
            raw, fields = _split(line, dim)
            try:
                token = raw.decode()
            except UnicodeDecodeError:
                left_out["not_utf8"] += 1
                continue
            num_whole += 1
            if wanted is not None and token not in wanted:
                continue
            if token in found:
                left_out["duplicates"] += 1
                continue
            numbers += _parse(fields)
        except _Defect as defect:
            raise UserError(f"{path} line {row}: {defect}") from None
        found[token] = len(found)
        if len(found) == most:
            break
    if not num_whole or dim is None:
        raise UserError(f"{path}: it contains no complete vector")
    if left_out:
        reasons = ", ".join(f"{n} {LEFT_OUT[reason]}" for reason, n in left_out.items())
        log.warning("%s: left out %s", path, reasons)
    vectors = np.frombuffer(numbers, np.float32).reshape(-1, dim)
    return VectorTable(list(found), vectors, dict(left_out))


def _whole_lines(
    path: Path, dim: int | None, left_out: Counter[str]
) -> Iterator[tuple[int, bytes]]:
    """Number and fields of each line, with one space between them; blank ones may be at the end.

    A last line without an end is counted in `left_out`.
    """
    blank = None  # the number of the first blank line
    lines = Bar(read_lines(path, dim), desc=f"Reading {path.name}", unit=" lines", delay=1)
    for row, line in enumerate(lines, start=1):
        bare = line.rstrip(b" \t\r\n").replace(b"\t", b" ")
        if b"  " in bare:
            bare = SPACES.sub(b" ", bare)
        if not bare:
            blank = blank or row
            continue
        if not line.endswith(b"\n"):  # its last number may have lost digits
            left_out["cut_off"] += 1
            return
        if blank is not None:
            raise UserError(f"{path} line {blank}: it is blank, and more lines follow")
        yield row, bare


def _size(line: bytes) -> int:
    """Count the numbers behind a line's token."""
    fields = line.split(b" ")[1:]
    size = next((n for n, field in enumerate(reversed(fields)) if not _is_number(field)), None)
    size = len(fields) if size is None else size
    if not size:
        raise _Defect("expected a token and its numbers")
    return size


def _split(line: bytes, dim: int) -> tuple[bytes, bytes]:
    """Part a line into its token and `dim` fields of allowed characters."""
    spaces = line.count(b" ")
    if spaces == dim:
        token, _, fields = line.partition(b" ")
    else:
        token = line.rsplit(b" ", dim)[0] if spaces > dim else line
        fields = line[len(token) + 1 :]
        # A token with spaces, unless all behind its first word are numbers as well.
        if spaces < dim or all(map(_is_number, token.split(b" ")[1:])):
            raise _Defect(f"{spaces} numbers, expected {dim}")
    if fields.translate(None, NUMBER):
        wrong = next(f for f in fields.split(b" ") if f.translate(None, NUMBER))
        raise _Defect(f"{_show(wrong)} is not a finite number")
    return token, fields


def _parse(fields: bytes) -> bytes:
    """Turn fields into the bytes of float32 numbers."""
    try:
        values = list(map(float, fields.split(b" ")))
    except ValueError:
        wrong = next(field for field in fields.split(b" ") if not _is_number(field))
        raise _Defect(f"{_show(wrong)} is not a finite number") from None
    with np.errstate(over="ignore"):
        row = np.asarray(values, np.float32)
    if not np.isfinite(row).all():
        wrong = fields.split(b" ")[int(np.argmin(np.isfinite(row)))]
        raise _Defect(f"{_show(wrong)} is not a finite number of 32 bits")
    return row.tobytes()


def _is_number(field: bytes) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True


def _show(field: bytes) -> str:
    return repr(field[:20].decode(errors="replace"))
