"""A command that is forked behaves as one that `python -m` starts."""

from __future__ import annotations

import signal
import subprocess

import pytest

COMMANDS = [
    ("evaluate", "rum=nowhere"),
    ("train", "--cfg", "job", "model=lstm"),
    ("predict", "run=nowhere", "--help"),
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_output_and_exit_status_are_the_same(run, run_fresh, command):
    forked, fresh = run(*command), run_fresh(*command)
    assert forked.returncode == fresh.returncode
    assert (forked.stdout, forked.stderr) == (fresh.stdout, fresh.stderr)


@pytest.fixture
def reader(preloaded_python, environment, finished_run):
    """A command that waits for its standard input."""
    with subprocess.Popen(
        [str(preloaded_python), "-m", "rnn_sentiment.predict", f"run={finished_run}"],
        env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        yield process


def test_standard_input_is_read(reader):
    output, _ = reader.communicate(b"A fine film.\nA dull one.\n", timeout=60)
    assert reader.returncode == 0
    assert len(output.splitlines()) == 2


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGKILL])
def test_a_signal_ends_the_command(reader, signum):
    reader.send_signal(signum)
    # The command holds the other ends of the pipes: they close when it has ended, not before.
    assert reader.stdout.read() == b""
    assert reader.wait(60) == -signum


def test_what_is_read_while_importing_is_never_a_forks(run):
    """The interpreter itself obeys PYTHONVERBOSE only where it really starts."""
    assert "import 'rnn_sentiment" in run("predict", "--help", PYTHONVERBOSE="1").stderr
