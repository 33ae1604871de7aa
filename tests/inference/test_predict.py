"""The command `predict`: an answer for every text there is, and a quiet end where nobody reads."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from rnn_sentiment.data.sources.text import LONGEST
from rnn_sentiment.errors import UserError
from rnn_sentiment.inference import Predictor
from tests.conftest import Command


@pytest.fixture(scope="module")
def predictor(finished_run: Path) -> Predictor:
    return Predictor.load(finished_run)


mark = pytest.mark
ODD = [
    pytest.param("", id="empty", marks=mark.fault("b47")),
    pytest.param(" \t\n", id="blank", marks=mark.fault("b48")),
    pytest.param("zzzqqx xyzzyqq", id="unknown words only", marks=mark.fault("b49")),
    pytest.param("film", id="one token", marks=mark.fault("b50")),
    pytest.param("word " * 100_000, id="many tokens", marks=mark.fault("b51")),
    pytest.param(
        "word " * 1_000_000, id="a million tokens", marks=[mark.fault("b51"), mark.battery]
    ),
    pytest.param("🎬👨\u200d👩\u200d👧 great", id="emoji", marks=mark.fault("b52")),
    pytest.param("\u202eשלום ﷺ", id="right to left", marks=mark.fault("b52")),
    pytest.param("\u200b\u200d\ufeff", id="zero width", marks=mark.fault("b52")),
    pytest.param("good \ud800 film", id="lone surrogate", marks=mark.fault("b53")),
    pytest.param("\0 bad\x1b[31m \x7f", id="controls"),
    pytest.param("x" * 1_000_000, id="one long word"),
]


@pytest.mark.parametrize("text", ODD)
def test_every_text_has_an_answer(text, predictor):
    found, beside = predictor([text, "a fine film"])
    assert sum(found.values()) == pytest.approx(1)
    assert beside == pytest.approx(predictor(["a fine film"])[0], abs=1e-6)


@pytest.mark.fault("b53")
def test_a_surrogate_is_read_as_what_cannot_be_read(predictor):
    assert predictor(["good \ud800 film"]) == predictor(["good \ufffd film"])
    assert predictor(["\ud83c\udfac"]) == predictor(["🎬"])


@pytest.mark.fault("b51")
def test_a_text_that_would_fill_the_memory_is_refused(predictor):
    with pytest.raises(UserError, match="text 2 is longer than"):
        predictor(["fine", "x" * (LONGEST + 1)])


def piped(python: Path, run: Path, **options: object) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [str(python), "-m", "rnn_sentiment.predict", f"run={run}"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options,
    )  # fmt: skip


@pytest.mark.fault("b54")
def test_binary_standard_input_is_answered_and_said(preloaded_python, finished_run):
    with piped(preloaded_python, finished_run) as predict:
        out, err = predict.communicate(b"\xff\xfe\0 fine\x0cfilm\r\n" + bytes(range(128, 256)))
    assert predict.returncode == 0, err
    assert len(out.decode().splitlines()) == 2  # a form feed parts no texts
    assert err.decode().startswith("standard input is not UTF-8")
    assert err.count(b"\n") == 1


@pytest.mark.fault("b55")
def test_a_closed_pipe_is_a_quiet_end(preloaded_python, finished_run):
    with piped(preloaded_python, finished_run) as predict:
        assert predict.stdin
        assert predict.stdout
        predict.stdout.close()
        predict.stdin.write(b"a good film\n" * 3000)  # more lines than a buffer holds
        predict.stdin.close()
        assert predict.wait(60) == 141  # as of a program that SIGPIPE ends
        assert predict.stderr
        assert predict.stderr.read() == b""


def test_bytes_of_the_command_line_that_are_no_utf8_are_answered(run: Command, finished_run):
    done = run("predict", f"run={finished_run}", os.fsdecode(b"good \xff film"))
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("good \ufffd film\n")


def test_a_terminal_without_the_letters_gets_question_marks(run: Command, finished_run):
    done = run("predict", f"run={finished_run}", "🎬 film", PYTHONIOENCODING="ascii")
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("? film\n")


def test_nothing_to_read_is_one_line(run: Command, finished_run):
    done = run("predict", f"run={finished_run}", "file=/dev/null")
    assert done.returncode == 2
    assert done.stderr == "error: there is no text to classify in /dev/null\n"
