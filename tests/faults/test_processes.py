"""Several processes: when one of them fails, all end, and one says why."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import psutil
import pytest

from tests.faults.test_signals import long_run, wait_until

# Run by Python as it starts: lets a training step of one process raise an error.
RAISING = """
import importlib.util, os, sys

class Patch:
    def find_spec(self, name, path=None, target=None):
        if name != "rnn_sentiment.classifier":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        load = spec.loader.exec_module

        def exec_module(module):
            load(module)
            step, calls = module.Classifier.training_step, []

            def raising(*arguments):
                calls.append(1)
                if len(calls) == 15 and os.environ.get("LOCAL_RANK", "0") in RANKS:
                    raise FloatingPointError("the step that fails")
                return step(*arguments)

            module.Classifier.training_step = raising

        spec.loader.exec_module = exec_module
        return spec

sys.meta_path.insert(0, Patch())
"""


class End(NamedTuple):
    status: int
    error: str
    seconds: float


class Ddp:
    """A run of two processes."""

    def __init__(self, corpus: Path, folder: Path, environment: dict[str, str]) -> None:
        command = long_run(corpus, folder, "trainer=ddp")
        self.folder = folder
        self.process = subprocess.Popen(
            [sys.executable, "-m", f"rnn_sentiment.{command[0]}", *command[1:]],
            cwd=folder.parent, env=environment, text=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        )  # fmt: skip

    def ranks(self) -> list[psutil.Process]:
        """Both processes, once an epoch is over."""
        last = self.folder / "checkpoints" / "last.ckpt"
        wait_until(lambda: last.exists() or self.process.poll() is not None)
        first = psutil.Process(self.process.pid)
        return [first, *(p for p in first.children() if "rnn_sentiment" in str(p.cmdline()))]

    def end(self, ranks: list[psutil.Process]) -> End:
        """How the first process ends; no other may be left."""
        started = time.monotonic()
        _, error = self.process.communicate(timeout=60)
        wait_until(lambda: not any(rank.is_running() for rank in ranks), seconds=10)
        return End(self.process.returncode, error, time.monotonic() - started)


@pytest.fixture
def ddp(corpus: Path, environment: dict[str, str], tmp_path: Path):
    found = []

    def start(**more: str) -> Ddp:
        found.append(Ddp(corpus, tmp_path / "run", environment | more))
        return found[-1]

    yield start
    for run in found:
        run.process.kill()
        run.process.wait()


GO_ON = "continue with: python -m rnn_sentiment.train resume="


@pytest.mark.battery
@pytest.mark.fault("a28")
@pytest.mark.parametrize("signum", [signal.SIGKILL, signal.SIGTERM])
def test_the_first_process_ends_the_others(signum, ddp):
    run = ddp()
    ranks = run.ranks()
    assert len(ranks) == 2
    ranks[0].send_signal(signum)
    status, error, _ = run.end(ranks)
    assert status == (-signum if signum == signal.SIGKILL else 128 + signum)
    assert error.count("error: ") == 0
    assert error.count(GO_ON) == (signum != signal.SIGKILL)


@pytest.mark.battery
@pytest.mark.fault("a28")
@pytest.mark.parametrize("signum", [signal.SIGKILL, signal.SIGTERM])
def test_a_further_process_that_is_killed_ends_the_first(signum, ddp):
    run = ddp()
    ranks = run.ranks()
    ranks[1].send_signal(signum)
    status, error, _ = run.end(ranks)
    assert status == 2
    assert error.count("error: ") == 1
    assert error.splitlines()[-1].startswith("error: another process of this run has ended")
    assert GO_ON in error


@pytest.mark.battery
@pytest.mark.fault("a28")
@pytest.mark.parametrize(
    ("failing", "lines"), [("0", 1), ("1", 2), ("01", 1)], ids=["first", "second", "both"]
)
def test_an_error_is_said_once(failing, lines, ddp, tmp_path):
    site = tmp_path / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text(RAISING.replace("RANKS", repr(failing)))
    run = ddp(PYTHONPATH=os.pathsep.join([str(site), *filter(None, sys.path)]))
    ranks = run.ranks()
    status, error, _ = run.end(ranks)
    assert status == 2
    assert error.count("error: the step that fails") == 1
    assert error.count("error: ") == lines  # the first process says that the second has ended
    assert "Traceback" not in error
