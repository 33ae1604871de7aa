"""A process that is killed at any system call of a save leaves whole checkpoints only."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from rnn_sentiment.checkpoints import load_checkpoint
from rnn_sentiment.errors import MachineError
from rnn_sentiment.storage import remove_leftovers
from rnn_sentiment.training.checkpoint_io import AtomicCheckpointIO
from tests.faults.test_signals import wait_until

CALLS = ("openat", "write", "fsync", "rename", "unlink")
KILLED, REFUSED, DONE = -signal.SIGKILL, 3, 0
Strace = Callable[[Callable[[], None], str], int]


def save(file: Path, number: float) -> None:
    weights = {"weight": torch.full((30_000,), number)}
    AtomicCheckpointIO().save_checkpoint({"state_dict": weights}, file)


def saved(file: Path) -> float:
    """The number in a whole checkpoint."""
    weight: Any = load_checkpoint(file)["state_dict"]["weight"]
    assert len(weight) == 30_000
    return float(weight.unique())


@pytest.fixture
def strace(tmp_path: Path) -> Strace:
    """Do something in a fork under `strace -e inject=...`, and answer with how the fork ended."""
    if shutil.which("strace") is None:
        pytest.skip("needs strace")
    log = tmp_path / "strace.log"

    def call(act: Callable[[], None], inject: str) -> int:
        if not (child := os.fork()):
            status = 1
            try:
                os.kill(os.getpid(), signal.SIGSTOP)
                act()
                status = DONE
            except MachineError:
                status = REFUSED
            finally:
                os._exit(status)
        os.waitpid(child, os.WUNTRACED)
        calls = inject.partition(":")[0]
        command = ["strace", "-qq", "-o", log, "-p", str(child), "-e", f"trace={calls}"]
        with subprocess.Popen([*command, "-e", f"inject={inject}"]) as tracer:
            wait_until(lambda: is_traced(child) or tracer.poll() is not None)
            os.kill(child, signal.SIGCONT)
            _, status = os.waitpid(child, 0)
            if tracer.wait(30):
                pytest.skip("strace may not trace here")
        return os.waitstatus_to_exitcode(status)

    return call


def is_traced(pid: int) -> bool:
    return "TracerPid:\t0" not in Path(f"/proc/{pid}/status").read_text()


@pytest.mark.battery
@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize(
    "temporary",
    [
        pytest.param("/tmp", marks=pytest.mark.fault("a2")),
        pytest.param("/dev/shm", marks=pytest.mark.fault("a3")),
    ],
)
def test_killed_at_any_call_a_save_leaves_the_old_or_the_new(
    temporary, name, strace: Strace, tmp_path, monkeypatch
):
    monkeypatch.setenv("TMPDIR", temporary)
    file, found = tmp_path / "run" / "checkpoints" / "last.ckpt", []
    for number in range(1, 100):
        shutil.rmtree(tmp_path / "run", ignore_errors=True)
        (tmp_path / "run").mkdir()
        save(file, 1.0)
        end = strace(lambda: save(file, 2.0), f"{name}:signal=KILL:when={number}")
        found.append(saved(file))
        remove_leftovers(tmp_path / "run")
        assert os.listdir(file.parent) == ["last.ckpt"]
        if end == DONE:
            break
        assert end == KILLED
    assert len(found) > 1  # it was killed at least once
    assert found == sorted(found)  # the old one up to some call, the new one from there


@pytest.mark.battery
@pytest.mark.fault("a4")
@pytest.mark.parametrize("name", CALLS)
def test_killed_at_any_call_of_an_epoch_one_checkpoint_is_whole(name, strace: Strace, tmp_path):
    best, last = (tmp_path / "run" / "checkpoints" / f"{name}.ckpt" for name in ("best", "last"))

    def epoch() -> None:
        save(best, 2.0)
        save(last, 2.0)

    for number in range(1, 200):
        shutil.rmtree(tmp_path / "run", ignore_errors=True)
        (tmp_path / "run").mkdir()
        save(best, 1.0)
        save(last, 1.0)
        end = strace(epoch, f"{name}:signal=KILL:when={number}")
        assert saved(best) >= saved(last)
        if end == DONE:
            break
    assert saved(last) == 2.0


@pytest.mark.battery
@pytest.mark.parametrize(
    ("call", "error"),
    [
        pytest.param("fsync", "EIO", marks=pytest.mark.fault("a10")),
        pytest.param("write", "ENOSPC", marks=pytest.mark.fault("a8")),
        ("write", "EIO"),
        ("rename", "EIO"),
    ],
)
def test_a_call_that_fails_leaves_the_old(call, error, strace: Strace, tmp_path):
    assert error in vars(errno)
    file = tmp_path / "checkpoints" / "last.ckpt"
    save(file, 1.0)
    assert strace(lambda: save(file, 2.0), f"{call}:error={error}") == REFUSED
    assert saved(file) == 1.0
    assert os.listdir(file.parent) == ["last.ckpt"]
