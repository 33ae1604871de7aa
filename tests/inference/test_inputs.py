"""Texts stay in order and in their rows, whatever is in them, and a bad row is named."""

from __future__ import annotations

import dataclasses
import gzip
import io
import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnn_sentiment import predict
from rnn_sentiment.commands import Parser
from rnn_sentiment.data.sources.form import Form, as_arguments, said_form
from rnn_sentiment.data.sources.layout import Layout
from rnn_sentiment.data.sources.text import LONGEST
from rnn_sentiment.errors import UserError, stop
from rnn_sentiment.inference.inputs import WINDOW, Given, Rows, windows
from rnn_sentiment.inference.scored_file import labelled
from rnn_sentiment.outcome import OneOf
from tests.data.sources.odd_files import ROWS, SAID, SEEN

SEPARATORS = "\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"  # that part lines for `str.splitlines`
TEXTS = ["good", "", f"one{SEPARATORS}text", " ", 'a "quote", a\ttab', "🎬", "last"]


def read(file: Path, text_column: str = "text") -> list[Given]:
    return list(Rows(stop).of_file(file, Form(text_column=text_column)))


def write(folder: Path, suffix: str, texts: list[str]) -> Path:
    """The texts as people's tools write them."""
    file = folder / f"texts{suffix}"
    frame = pd.DataFrame({"number": range(len(texts)), "text": texts})
    if suffix == ".txt":
        file.write_bytes("".join(f"{text}\n" for text in texts).encode())
    elif suffix == ".txt.gz":
        file.write_bytes(gzip.compress("\r\n".join(texts).encode()))
    elif suffix == ".parquet":
        frame.to_parquet(file)
    elif suffix == ".jsonl":
        frame.to_json(file, orient="records", lines=True, force_ascii=False)
    else:
        frame.to_csv(file, index=False, sep="\t" if suffix == ".tsv" else ",")
    return file


@pytest.mark.parametrize("suffix", [".txt", ".txt.gz", ".csv", ".tsv", ".jsonl", ".parquet"])
def test_every_text_keeps_its_row(suffix, tmp_path):
    assert read(write(tmp_path, suffix, TEXTS)) == list(enumerate(TEXTS))


@settings(max_examples=40)
@given(st.lists(st.text(st.characters(exclude_characters="\r\n", codec="utf-8")), min_size=1))
def test_only_line_ends_part_the_texts_of_a_stream(texts):
    content = "".join(f"{text}\n" for text in texts).encode()
    stream = io.TextIOWrapper(io.BytesIO(content), encoding="ascii")
    found = [one.text for one in Rows(stop).of_stream(stream)]
    assert found == [texts[0].removeprefix("\ufeff"), *texts[1:]]


def bad(folder: Path, suffix: str) -> Path:
    """Three rows, the second of which is bad."""
    file = folder / f"bad{suffix}"
    if suffix == ".parquet":
        pd.DataFrame({"text": ["a", None, "c"]}).to_parquet(file)
    elif suffix == ".jsonl":
        file.write_text('{"text": "a"}\n{"text": 7}\n{"text": "c"}\n')
    elif suffix == ".csv":
        file.write_text("number,text\n0,a\n1\n2,c\n")
    else:
        file.write_bytes(b"a\n\xff\nc\n")
    return file


@pytest.mark.parametrize(
    ("suffix", "place"),
    [(".txt", "line 2"), (".csv", "line 3"), (".jsonl", "line 2"), (".parquet", "row 1")],
)
def test_a_bad_row_stops_or_is_passed_over(suffix, place, tmp_path):
    file = bad(tmp_path, suffix)
    with pytest.raises(UserError, match=rf"{file.name} {place}\b"):
        read(file)
    named: list[UserError] = []
    assert list(Rows(named.append).of_file(file)) == [(0, "a"), (2, "c")]
    assert [str(error).startswith(f"{file} {place}") for error in named] == [True]


@pytest.mark.parametrize("line", ["nothing", "[1]", '{"body": "b"}', '{"text": "b", "text": "b"}'])
def test_a_line_that_is_no_row_of_json_is_passed_over(line, tmp_path):
    file = tmp_path / "rows.jsonl"
    file.write_text(f"{json.dumps({'text': 'a'})}\n{line}\n{json.dumps({'text': 'c'})}\n")
    named: list[UserError] = []
    assert list(Rows(named.append).of_file(file)) == [(0, "a"), (2, "c")]
    assert len(named) == 1


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("nowhere.csv", "does not exist"),
        (".", "is a folder"),
        (
            "t.csv",
            r"it has a, b \(choose with text_column= or, to train, data.text_column=;",
        ),
    ],
)
def test_a_file_that_cannot_be_read_is_one_line(name, expected, tmp_path):
    (tmp_path / "t.csv").write_text("a,b\n1,2\n")
    with pytest.raises(UserError, match=expected):
        read(tmp_path / name)


def test_windows_are_bounded_in_texts_and_characters_and_read_no_further():
    taken = 0

    def endless():
        nonlocal taken
        while True:
            taken += 1
            yield Given(taken - 1, "text")

    found = windows(endless())
    assert [len(next(found)), len(next(found))] == [WINDOW, WINDOW]
    assert taken <= 2 * WINDOW + 1
    long = "x" * (LONGEST // 2 + 1)
    assert [len(w) for w in windows([Given(0, long), Given(1, long), Given(2, "y")])] == [1, 2]
    assert list(windows([])) == []


def formed(layout: Layout) -> Form:
    return Form(**dataclasses.asdict(layout))


def files_that_train(folder: Path) -> Iterator[tuple[Path, Form]]:
    for number, (name, contents) in enumerate(SEEN.values()):
        file = folder / f"{number}{name}"
        file.write_bytes(contents)
        yield file, Form()
    for number, (contents, layout) in enumerate(SAID.values()):
        file = folder / f"said{number}.csv"
        file.write_bytes(contents)
        yield file, formed(layout)


def test_a_file_that_trains_is_also_answered_and_scored(tmp_path):
    predictor: Any = SimpleNamespace(labels=("bad", "good"), outcome=OneOf(2))
    for file, form in files_that_train(tmp_path):
        rows = list(Rows(stop).of_file(file, form))
        assert rows == [(i, text) for i, (text, _) in enumerate(ROWS)], file
        labels: list[int] = []
        texts = list(labelled(predictor, file, form, stop, labels))
        assert texts == rows
        assert labels == [1, 0, 0]


def test_lines_of_text_have_an_encoding_too(tmp_path):
    file = tmp_path / "texts.txt"
    file.write_bytes("été\nnoël\n".encode("latin-1"))
    with pytest.raises(UserError, match=r"line 1 is not valid UTF-8; .*as encoding=latin-1"):
        read(file)
    found = Rows(stop).of_file(file, Form(encoding="latin-1"))
    assert list(found) == [(0, "été"), (1, "noël")]


@pytest.mark.parametrize(
    ("argument", "expected"),
    [
        ("encoding=latin-7x", "encoding=latin-7x: 'latin-7x' is no encoding; give one such as"),
        ("delimiter=::", "delimiter=::: give one character, or tab"),
        ("quoting=single", "invalid choice: 'single'"),
    ],
)
def test_a_layout_that_cannot_be_is_one_line(argument, expected):
    with pytest.raises(UserError, match=expected):
        predict.run(["run=nowhere", "file=texts.csv", argument])


def test_arguments_say_what_a_layout_says():
    parser = Parser("predict", "Classify texts.", [])
    parser.add_table_arguments()
    for _, layout in SAID.values():
        assert said_form(parser.parse(as_arguments(layout))) == formed(layout)
    assert said_form(parser.parse(["delimiter=tab", "columns=[label, text]"])) == Form(
        delimiter="\t", columns=["label", "text"]
    )


def test_what_the_command_line_says_wins_over_a_runs_own_form():
    own = Form(delimiter=";", columns=["label", "body"], text_column="body")
    parser = Parser("predict", "Classify texts.", [])
    parser.add_table_arguments()
    assert said_form(parser.parse([]), own) == own
    said = parser.parse(["text_column=review", "columns=null", "delimiter=null"])
    assert said_form(said, own) == Form(text_column="review")
