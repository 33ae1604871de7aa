"""The reader of vectors: exact for what is whole, one clear line for what is not."""

from __future__ import annotations

import string
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rnn_sentiment.embeddings.vectors.reader import VectorTable, read_vectors
from rnn_sentiment.errors import UserError


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "vectors.txt"


def read(file: Path, contents: bytes, dim: int | None = 2, **options: object) -> VectorTable:
    file.write_bytes(contents)
    return read_vectors(file, dim, **options)  # type: ignore[arg-type]


def as_dict(table: VectorTable) -> dict[str, list[float]]:
    return dict(zip(table.words, table.vectors.tolist(), strict=True))


WHOLE = b"the 1 -2\nfilm 0.5 2e-1\n"
MEANS = {"the": [1.0, -2.0], "film": [0.5, np.float32(0.2).item()]}


@pytest.mark.fault("b28", "b29")
@pytest.mark.parametrize(
    "contents",
    [
        WHOLE,
        WHOLE.replace(b"\n", b"\r\n"),
        WHOLE.replace(b" ", b"\t"),
        WHOLE.replace(b"\n", b" \n"),
        b"\xef\xbb\xbf" + WHOLE,
        WHOLE.replace(b" ", b"  "),
        WHOLE + b"\n\n \n",
    ],
    ids=["plain", "crlf", "tabs", "trailing space", "byte order mark", "two spaces", "blank end"],
)
def test_variants_of_the_format_mean_the_same(file, contents, caplog):
    table = read(file, contents)
    assert as_dict(table) == MEANS
    assert table.vectors.dtype == np.float32
    assert table.left_out == {}
    assert caplog.text == ""
    assert as_dict(read(file, contents, dim=None)) == MEANS


@pytest.mark.fault("b26", "b27")
def test_tokens_may_hold_spaces_as_in_840b(file):
    contents = WHOLE + b". . . 1 2\nat name@domain.com 3 4\na\xc2\xa0b 5 6\n\xc2\x85 7 8\n"
    assert as_dict(read(file, contents)) == MEANS | {
        ". . .": [1, 2],
        "at name@domain.com": [3, 4],
        "a\u00a0b": [5, 6],
        "\u0085": [7, 8],
    }


def test_only_wanted_words_are_kept(file):
    assert as_dict(read(file, WHOLE, wanted={"film", "other"})) == {"film": MEANS["film"]}
    assert read(file, WHOLE, wanted={"other"}).vectors.shape == (0, 2)
    assert read(file, WHOLE, most=1).words == ["the"]


@pytest.mark.fault("b19", "b23", "b24", "b25")
@pytest.mark.parametrize(
    ("contents", "reason", "words"),
    [
        (WHOLE + b"\x96 1 2\n\xff\xfe 3 4\n", "2 tokens that are not UTF-8", ["the", "film"]),
        (WHOLE + b"the 3 4\nthe 5 6\n", "2 repeated tokens", ["the", "film"]),
        (WHOLE + b"cut 0.3", "1 last line without an end", ["the", "film"]),
        (WHOLE + b"cut 1 0.3", "1 last line without an end", ["the", "film"]),
        (WHOLE + b"cut 1 -", "1 last line without an end", ["the", "film"]),
        (b"2 2\n" + WHOLE, "1 header as word2vec writes it", ["the", "film"]),
    ],
)
def test_what_is_left_out_is_counted_in_one_warning(file, contents, reason, words, caplog):
    table = read(file, contents)
    assert table.words == words
    assert as_dict(table)["the"] == MEANS["the"]
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert str(file) in record.getMessage()
    assert reason in record.getMessage()
    assert sum(table.left_out.values()) == int(reason[0])


@pytest.mark.fault("b17", "b18", "b20", "b21", "b22")
@pytest.mark.parametrize(
    ("contents", "message"),
    [
        (b"", "no complete vector"),
        (b"2 2\n", "no complete vector"),
        (b"the 1", "no complete vector"),
        (WHOLE + b"short 1\nlast 1 2\n", "line 3: 1 numbers, expected 2"),
        (WHOLE + b"long 1 2 3\n", "line 3: 3 numbers, expected 2"),
        (WHOLE + b"\nlast 1 2\n", "line 3: it is blank, and more lines follow"),
        (WHOLE + b"word 1 abc\n", "line 3: 'abc' is not a finite number"),
        (WHOLE + b"word nan 1\n", "line 3: 'nan' is not a finite number"),
        (WHOLE + b"word 1 -inf\n", "line 3: '-inf' is not a finite number"),
        (WHOLE + b"word 1 1e39\n", "line 3: '1e39' is not a finite number"),
        (WHOLE + b"word 1 1..2\n", "line 3: '1..2' is not a finite number"),
        (WHOLE + b"word 1_0 2\n", "line 3: '1_0' is not a finite number"),
        (WHOLE + "word 1 ٣\n".encode(), "line 3: .* is not a finite number"),
        (WHOLE + b"word 1 \x80\xff\n", "line 3: .* is not a finite number"),
        (b"2 300\n" + WHOLE, "line 1: the header says 300 numbers, expected 2"),
        (b"x" * (1 << 21), "over 1,048,576 bytes"),
        ("the 1 2\n".encode("utf-16"), "line 1"),
    ],
)
def test_a_defect_is_one_line_that_names_file_and_line(file, contents, message):
    with pytest.raises(UserError, match=message) as raised:
        read(file, contents)
    assert str(raised.value).startswith(str(file))
    assert "\n" not in str(raised.value)


def test_a_defect_in_a_row_that_is_not_wanted_is_found_too(file):
    with pytest.raises(UserError, match="line 3: 'abc'"):
        read(file, WHOLE + b"other 1 abc\n", wanted={"the"})


@pytest.mark.fault("b16")
@pytest.mark.parametrize("name", ["missing.txt", "missing.txt.gz", "missing.zip", "."])
def test_a_file_that_is_not_there_is_one_line(tmp_path, name):
    with pytest.raises(UserError, match="cannot be read"):
        read_vectors(tmp_path / name, 2)


numbers = st.floats(width=32, allow_nan=False, allow_infinity=False)
tokens = st.text(
    st.characters(codec="utf-8", exclude_characters="\t\n\r \ufeff"), min_size=1, max_size=8
)
again = settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.mark.slow
@again
@given(st.integers(2, 5).flatmap(lambda dim: st.lists(
    st.tuples(tokens, st.lists(numbers, min_size=dim, max_size=dim)), min_size=1
)))  # fmt: skip
def test_whatever_is_written_is_read_back_exactly(file, rows):
    expected = dict(reversed(rows))  # of repeated tokens the first
    lines = (
        f"{token} {' '.join(f'{number:.9g}' for number in vector)}\n" for token, vector in rows
    )
    table = read(file, "".join(lines).encode(), dim=len(rows[0][1]))
    assert set(table.words) == set(expected)
    for word, vector in zip(table.words, table.vectors, strict=True):
        np.testing.assert_array_equal(vector, np.array(expected[word], np.float32))
    assert table.left_out == (
        {"duplicates": len(rows) - len(expected)} if len(rows) > len(expected) else {}
    )


@again
@given(
    st.lists(
        st.one_of(
            st.binary(max_size=12),
            st.text(string.digits + "+-.eE \t\r\nabc", max_size=24).map(str.encode),
        )
    ).map(b"".join),
    st.one_of(st.none(), st.integers(1, 4)),
)
def test_any_bytes_give_finite_vectors_or_one_line(file, contents, dim):
    message, table = "", VectorTable([], np.empty((0, 1), np.float32), {})
    try:
        table = read(file, contents, dim)
    except UserError as error:
        message = str(error)
    assert message.startswith(str(file)) or table.words
    assert "\n" not in message
    assert table.vectors.shape[0] == len(table.words) == len(set(table.words))
    assert np.isfinite(table.vectors).all()
