"""The command: verdicts and mistakes, each in a line, and its claims from any file."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from rnn_sentiment.errors import UserError
from rnn_sentiment.report.__main__ import write_report
from tests.lectures.test_claims import CLAIMS


def test_the_command_prints_verdicts_and_mistakes(run, runs, tmp_path):
    done = run(
        "report", str(runs / "gru-1"), str(runs / "lstm-1"), "--baseline", str(runs / "gru-1")
    )
    assert done.returncode == 0, done.stderr
    assert "This run of gru beats that of lstm" in done.stdout
    assert (tmp_path / "report" / "report.html").exists()
    wrong = run("report", str(tmp_path / "nowhere"))
    assert wrong.returncode == 2
    assert wrong.stderr.startswith("error: ")
    assert wrong.stderr.count("\n") == 1


@pytest.mark.parametrize(("argument", "status"), [("--help", 0), ("nowhere", 2)])
def test_help_and_mistakes_wait_for_no_large_import(argument, status, tmp_path):
    command = [sys.executable, "-X", "importtime", "-m", "rnn_sentiment.report", argument]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == status
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "argparse" in loaded
    assert not {"torch", "pandas", "matplotlib", "scipy"} & loaded


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"folders": [Path("empty")]}, "no finished run under"),
        ({"folders": [Path("nowhere")]}, "nowhere is not a folder"),
        ({"also": [Path("nowhere")]}, "nowhere is not a folder"),
        ({"baseline": Path("nowhere")}, "not one of the runs that are compared"),
        ({"margin": 0.0}, "margin=0: must be more than 0 and less than 100"),
        ({"claims": Path("nowhere.yaml")}, "claims=nowhere.yaml: there is no such file"),
    ],
)
def test_plain_mistakes_are_found_before_any_run_is_read(wrong, expected, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("run", "empty"):
        (tmp_path / name).mkdir()
    (tmp_path / "run" / "results.json").write_text("damaged")
    with pytest.raises(UserError, match=re.escape(expected)):
        write_report(**{"folders": [Path("run")], "out": Path("out"), **wrong})


@pytest.mark.slow
def test_claims_can_be_written_in_a_few_lines(runs, tmp_path):
    claim = yaml.safe_load(CLAIMS)[0]
    file = tmp_path / "own.yaml"
    file.write_text(yaml.safe_dump([claim]))
    page = write_report([runs], tmp_path / "out", claims=file)
    assert "GRU is better" in page.read_text()
