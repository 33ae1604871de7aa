"""Rows: runs that differ only in their seed, named by what differs."""

from __future__ import annotations

import gzip
import json
import lzma
from pathlib import Path

import pytest

from rnn_sentiment.identity import flatten
from rnn_sentiment.report.grouping import group, labels
from rnn_sentiment.report.loading import Run, load, parse_override
from rnn_sentiment.report.schema import RunResults
from rnn_sentiment.upgrade import upgrade_plain
from tests.report.conftest import write_run

ROOT = Path(__file__).parents[2]


def run_of(config: dict[str, object], *overrides: str, name: str = "gru", seed: int = 1) -> Run:
    results = {
        "name": name,
        "seed": seed,
        "status": "completed",
        "data": {"fingerprint": "a", "sizes": {"test": 9}},
        "test": {"accuracy": 0.9},
    }
    return Run(
        Path(f"{name}-{seed}"),
        RunResults.model_validate(results),
        dict(flatten(config)),
        dict(map(parse_override, overrides)),
    )


STOPPING = {"callbacks": {"early_stopping": {"monitor": "val/loss", "patience": 2}}}


@pytest.mark.parametrize(
    ("runs", "expected"),
    [
        ([run_of({"a": 1}), run_of({"a": 1})], ["gru", "gru"]),
        (
            [run_of({"model": {"size": 8}}, "model.size=8"), run_of({"model": {"size": 4}})],
            ["gru-size=8", "gru"],
        ),
        # What a run shows and stores makes no other architecture, nor does its seed.
        (
            [run_of({"seed": 1, "logger": None}), run_of({"seed": 2, "sweep": {"jobs": 2}})],
            ["gru", "gru"],
        ),
        # The default on the command line is the default.
        (
            [
                run_of({"a": 1}),
                run_of({"a": 1}, "a=1"),
                run_of({"a": 2}, "a=2"),
            ],
            ["gru", "gru", "gru-a=2"],
        ),
        # Both ways to leave a callback out are the same, as are 0 and 0.0.
        (
            [
                run_of(STOPPING),
                run_of({}, "~callbacks.early_stopping"),
                run_of({"callbacks": {"early_stopping": None}}, "callbacks.early_stopping=null"),
            ],
            ["gru", "gru-early_stopping=null", "gru-early_stopping=null"],
        ),
        ([run_of({"a": 0}, "a=0"), run_of({"a": 0.0}, "a=0.0")], ["gru", "gru"]),
        # Where overrides explain nothing, the configuration does.
        ([run_of({"m": {"a": 1}}), run_of({"m": {"a": 2}})], ["gru-a=1", "gru-a=2"]),
    ],
)
def test_runs_are_named_by_what_differs(runs, expected):
    assert labels("gru", runs) == expected


def test_a_repeated_seed_is_left_out(tmp_path):
    for folder in "ab":
        write_run(tmp_path / folder, "gru", 1, 0.9)
    (row,), left_out = group(load([tmp_path])[0])
    assert [run.folder.name for run in row.runs] == ["a"]
    assert "repeats seed 1 of gru" in left_out[0].reason


def test_a_run_that_states_no_precision_joins_the_only_setting_of_its_corpus(tmp_path):
    write_run(tmp_path / "gru", "gru", 1, 0.9, device="cpu")
    write_run(tmp_path / "linear", "linear", 1, 0.9, precision="unknown", device="cpu")
    write_run(tmp_path / "other", "other", 1, 0.9, precision="unknown", fingerprint="b" * 16)
    assert {row.name: row.setting.precision for row in group(load([tmp_path])[0])[0]} == {
        "gru": "32-true",
        "linear": "32-true",
        "other": "unknown",
    }
    write_run(tmp_path / "lstm", "lstm", 1, 0.9, precision="bf16-mixed", device="cpu")
    rows = group(load([tmp_path])[0])[0]
    assert {row.name: row.setting.precision for row in rows}["linear"] == "unknown"


def test_the_committed_runs_form_the_rows_that_the_claims_name():
    (file,) = (ROOT / "benchmarks").rglob("runs.jsonl.*")
    packing = {".gz": gzip, ".xz": lzma}[file.suffix]
    lines = packing.decompress(file.read_bytes()).splitlines()
    stored = [line for line in map(json.loads, lines) if "config" in line]
    runs = [
        Run(
            Path(line["folder"]),
            RunResults.model_validate(line["results"]),
            dict(flatten(upgrade_plain(line["config"]))),
            dict(map(parse_override, line["overrides"])),
        )
        for line in stored
    ]
    rows, left_out = group(runs)
    assert not left_out
    assert {row.label for row in rows} == {line["config"]["name"] for line in stored}
    assert {row.label: row.seeds for row in rows}["capstone_gru"] == (1, 2, 3, 4, 5)
