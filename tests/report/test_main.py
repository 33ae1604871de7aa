"""The command: verdicts and mistakes, each in a line, and its claims from any file."""

from __future__ import annotations

import yaml

from rnn_sentiment.report.__main__ import write_report
from tests.lectures.test_claims import CLAIMS


def test_the_command_prints_verdicts_and_mistakes(run, runs, tmp_path):
    done = run(
        "report", str(runs / "gru-1"), str(runs / "lstm-1"), "--baseline", str(runs / "gru-1")
    )
    assert done.returncode == 0, done.stderr
    assert "This run of gru beats that of lstm by" in done.stdout
    assert (tmp_path / "report" / "report.html").exists()
    wrong = run("report", str(tmp_path / "nowhere"))
    assert wrong.returncode == 2
    assert wrong.stderr.startswith("error: ")
    assert wrong.stderr.count("\n") == 1
    loaded = run("report", "--help", PYTHONPROFILEIMPORTTIME="1").stderr
    assert not {"torch", "pandas", "matplotlib", "scipy"} & {
        line.rpartition("|")[2].strip() for line in loaded.splitlines()
    }


def test_claims_can_be_written_in_a_few_lines(runs, tmp_path):
    claim = yaml.safe_load(CLAIMS)[0]
    file = tmp_path / "own.yaml"
    file.write_text(yaml.safe_dump([claim]))
    page = write_report([runs], tmp_path / "out", claims=file)
    assert "GRU is better" in page.read_text()
