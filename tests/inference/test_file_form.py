"""The file of a command, where the run's own files were written in some way."""

from __future__ import annotations

import pytest

from rnn_sentiment.data.sources.form import Form
from rnn_sentiment.errors import UserError, stop
from rnn_sentiment.inference.file_form import form_of_file
from rnn_sentiment.inference.inputs import Rows
from rnn_sentiment.predict import make_parser


def test_a_runs_own_encoding_is_for_files_that_are_no_utf8(tmp_path, capsys):
    own = Form(encoding="latin-1", delimiter="~")
    found = {}
    for encoding in ("latin-1", "utf-8"):
        file = tmp_path / f"{encoding}.csv"
        file.write_bytes("text\nété\n".encode(encoding))
        given = make_parser().parse(["run=run", f"file={file}"])
        found[encoding] = form_of_file(given, own)
    assert found == {"latin-1": own, "utf-8": Form(delimiter="~")}
    lines = capsys.readouterr().err.splitlines()
    assert [line.partition(": ")[2] for line in lines] == [
        "delimiter=~ encoding=latin-1", "delimiter=~",
    ]  # fmt: skip
    said = make_parser().parse(["run=run", f"file={file}", "encoding=cp1252"])
    assert form_of_file(said, own).encoding == "cp1252"


def test_what_a_run_knows_of_its_tables_is_not_for_lines_of_text(tmp_path, capsys):
    (tmp_path / "lines.txt").write_text("a;b\n")
    given = make_parser().parse(["run=run", f"file={tmp_path}/lines.txt"])
    own = Form(delimiter=";", columns=("text", "label"), text_column="review")
    assert form_of_file(given, own) == Form(text_column="review")
    assert not capsys.readouterr().err


def test_a_delimiter_that_was_taken_over_and_parts_nothing_is_named(tmp_path):
    (tmp_path / "new.csv").write_text("text;label\na;b\n")
    with pytest.raises(UserError, match=r"no column 'text'.*delimiter=null finds the file's own"):
        list(Rows(stop).of_file(tmp_path / "new.csv", Form(delimiter="~")))
    assert [one.text for one in Rows(stop).of_file(tmp_path / "new.csv")] == ["a"]
