"""An error line is on a line of its own, also below a progress bar."""

from __future__ import annotations

import os
import subprocess
import sys
import termios

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser

from rnn_sentiment.commands import Parser, quoted

SCRIPT = """
import sys
from tqdm import tqdm
from rnn_sentiment.commands import one_line_errors
from rnn_sentiment.errors import Interrupted, UserError

def run():
    stream, leave, end = sys.argv[1:]
    bar = tqdm(total=9, mininterval=0, file=getattr(sys, stream), leave=leave == "leave")
    bar.update(3)
    raise Interrupted(15, "stopped") if end == "stop" else UserError("no such file")

one_line_errors(run)
"""


def output(*arguments: str, terminal: bool) -> str:
    """What a command prints to both of its streams, to a terminal or to one file."""
    command = [sys.executable, "-c", SCRIPT, *arguments]
    ours, theirs = os.openpty() if terminal else os.pipe()
    if terminal:
        termios.tcsetwinsize(ours, (24, 80))
    with subprocess.Popen(command, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        found = b""
        try:
            while piece := os.read(ours, 4096):
                found += piece
        except OSError:  # how a terminal ends
            pass
    os.close(ours)
    assert process.returncode == (143 if arguments[2] == "stop" else 2)
    return found.decode().replace("\r\n", "\n")


@pytest.mark.parametrize("terminal", [True, False])
@pytest.mark.parametrize("stream", ["stdout", "stderr"])
@pytest.mark.parametrize(
    ("leave", "end", "line"),
    [("leave", "mistake", "error: no such file"), ("remove", "stop", "stopped")],
)
def test_an_error_is_below_the_progress_bar(leave, end, line, stream, terminal):
    found = output(stream, leave, end, terminal=terminal)
    assert "3/9" in found
    assert found.endswith(f"{line}\n")
    before = found.removesuffix(f"{line}\n")
    assert before.endswith("\r" if leave == "remove" else "\n")


NAMES = (
    *("a=b.csv", "a(1).csv", "my film.csv", "été.csv", "it's.csv", "[x] & {y}#1.csv", "~/a.csv"),
    "it's a folder\\",
)


@pytest.mark.parametrize("name", NAMES)
def test_a_path_is_read_as_it_is_called(name):
    (override,) = OverridesParser.create().parse_overrides([quoted(f"data.source.path={name}")])
    assert override.value() == name


def test_a_list_for_a_sweep_stays_one_unless_a_file_is_called_so(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    sweep = "data.source.path=a,b.csv"
    assert quoted(sweep) == sweep
    (tmp_path / "a,b.csv").touch()
    assert quoted(sweep) == "data.source.path='a,b.csv'"
    for other in ("model=gru,lstm", "data.source.path=${oc.env:HOME}/a", "data.source.path='a'"):
        assert quoted(other) == other


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["a"], False),
        (["a", "power=true"], True),
        (["--power", "a"], True),
        (["a", "power=false"], False),
    ],
)
def test_a_flag_is_a_key_or_an_option(words, expected):
    parser = Parser("report", "Compare runs.", [])
    parser.add_flag("power", "what more seeds would find")
    parser.add_argument("folders", nargs="*")
    given = parser.parse(words)
    assert (given.power, given.folders) == (expected, ["a"])
