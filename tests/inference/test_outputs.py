"""Answers in a file are what was written, in every format, or there is no file."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from rnn_sentiment.errors import MachineError, UserError
from rnn_sentiment.inference.outputs import writing

COLUMNS = ["row", "text", "label", "probability_good", "set"]
ROWS = [
    {"row": 0, "text": 'a "b", c\td\ne', "label": "good", "probability_good": 0.5, "set": ["good"]},
    {
        "row": 2,
        "text": "\u2028🎬",
        "label": "bad",
        "probability_good": 0.25,
        "set": ["good", "bad"],
    },
    {"row": 3, "text": "", "label": "bad", "probability_good": 0.0, "set": []},
]


def read(file: Path) -> list[dict[str, object]]:
    if file.suffix == ".parquet":
        frame = pd.read_parquet(file)
        frame["set"] = frame["set"].map(list)
    elif file.suffix == ".jsonl":
        return [json.loads(line) for line in file.read_text().split("\n")[:-1]]
    else:
        separator = "\t" if file.suffix == ".tsv" else ","
        frame = pd.read_csv(file, sep=separator, keep_default_na=False)
        frame["set"] = [value.split("|") if value else [] for value in frame["set"]]
    return frame.to_dict("records")


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".jsonl", ".parquet"])
def test_rows_are_read_as_they_were_written(suffix, tmp_path):
    file = tmp_path / f"answers{suffix}"
    with writing(file, COLUMNS) as write:
        write(ROWS[:2])
        write(ROWS[2:])
        assert not file.exists()
    assert read(file) == ROWS
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
def test_an_error_leaves_the_file_before_it(suffix, tmp_path):
    file = tmp_path / f"answers{suffix}"
    file.write_text("before")
    with pytest.raises(UserError, match="row 7"), writing(file, COLUMNS) as write:  # noqa: PT012
        write(ROWS)
        raise UserError("row 7")
    assert file.read_text() == "before"
    assert list(tmp_path.iterdir()) == [file]


def test_another_suffix_or_folder_is_refused(tmp_path):
    with (
        pytest.raises(UserError, match=r"\.xlsx does not end in one of \.csv"),
        writing(tmp_path / "a.xlsx", COLUMNS),
    ):
        pass
    with (
        pytest.raises(UserError, match="there is no folder"),
        writing(tmp_path / "no" / "a.csv", COLUMNS),
    ):
        pass


def test_a_folder_in_the_way_is_named_and_no_file_is_said_to_be_kept(tmp_path):
    (tmp_path / "answers.csv").mkdir()
    with pytest.raises(MachineError) as error, writing(tmp_path / "answers.csv", COLUMNS) as write:
        write(ROWS[:2])
    assert "Is a directory" in str(error.value)
    assert "kept" not in str(error.value)
