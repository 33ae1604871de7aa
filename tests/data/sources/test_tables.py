"""Delimited files as people quote them."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rnn_sentiment.data.sources import text
from rnn_sentiment.data.sources.finding import Input
from rnn_sentiment.data.sources.tables import read_table
from rnn_sentiment.errors import UserError


def read(file: Path) -> list[list[str]]:
    return [row for _, row in read_table(Input(file), [])]


@pytest.mark.parametrize(
    ("name", "contents", "rows"),
    [
        ("rfc.csv", 'text,label\n"a ""b"" c, d\ne",1\n', [['a "b" c, d\ne', "1"]]),
        ("rfc.tsv", 'text\tlabel\n"a ""b"" c"\t1\n', [['a "b" c', "1"]]),
        ("lines.tsv", 'text\tlabel\n"a\nb\tc"\t1\nd\t0\n', [["a\nb\tc", "1"], ["d", "0"]]),
        ("plain.tsv", 'text\tlabel\n"Great" movie\t1\nno "\t0\n',
         [['"Great" movie', "1"], ['no "', "0"]]),
        ("open.tsv", 'text\tlabel\n"never closed\t1\nnext\t0\n',
         [['"never closed', "1"], ["next", "0"]]),
        ("mysql.csv", 'text,label\n"so \\"good\\", he said",1\n', [['so "good", he said', "1"]]),
        ("kaggle.tsv", 'id\tsentiment\treview\n"1_8"\t1\t"so \\"good\\""\n',
         [["1_8", "1", 'so "good"']]),
        ("slash.csv", 'text,label\n"C:\\new",1\n', [["C:\\new", "1"]]),
        ("inner.csv", 'text,label\nsay "hi",1\n', [['say "hi"', "1"]]),
    ],
)  # fmt: skip
def test_each_way_of_quoting_is_read(tmp_path, name, contents, rows):
    (tmp_path / name).write_text(contents)
    assert read(tmp_path / name)[1:] == rows


@pytest.mark.parametrize(
    ("name", "contents", "expected"),
    [
        ("a.csv", 'text,label\n"Great" movie,1\n', "line 2: ',' expected after '\"'"),
        ("a.csv", 'text,label\nx,1\n"open,0\n', "line 3: unexpected end"),
        ("a.tsv", 'text\tlabel\n"Great" movie\n', "line 2"),
        ("a.tsv", 'text\tlabel\n"from\t1\nto"\t0\n', "can be read in two ways"),
    ],
)
def test_what_fits_no_way_is_refused_with_the_remedy(tmp_path, name, contents, expected):
    (tmp_path / name).write_text(contents)
    with pytest.raises(UserError, match=expected) as error:
        read(tmp_path / name)
    assert any(word in str(error.value) for word in ("pandas", "fields", "quoting=none"))


@pytest.mark.parametrize("how", ["line", "field"])
def test_an_endless_line_is_refused_before_it_fills_the_memory(tmp_path, monkeypatch, how):
    monkeypatch.setattr(text, "LONGEST", 1000)
    monkeypatch.setattr("rnn_sentiment.data.sources.tables.LONGEST", 1000)
    word = "word " if how == "line" else "word\n"
    (tmp_path / "a.csv").write_text(f'text,label\nfine,1\n"{word * 300}",0\n')
    with pytest.raises(UserError, match=r"line 3 is longer than 1,000|field larger than field"):
        read(tmp_path / "a.csv")


@given(
    st.lists(
        st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\r\t\0")), min_size=2,
                 max_size=2),
        min_size=1, max_size=8,
    ),
    st.sampled_from(["a.csv", "a.tsv"]),
)  # fmt: skip
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100)
def test_what_pythons_csv_writes_is_read_as_it_was(tmp_path, rows, name):
    with (tmp_path / name).open("w", newline="", encoding="utf-8") as out:
        delimiter = "\t" if name.endswith("tsv") else ","
        csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows([["a", "b"], *rows])
    assert read(tmp_path / name)[1:] == rows
