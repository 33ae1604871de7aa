"""Runs that are told to stop: what is finished is kept, and the status says why they ended."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from lightning.pytorch.loggers import TensorBoardLogger

from rnn_sentiment.errors import Interrupted, interruptible
from rnn_sentiment.training import slurm
from rnn_sentiment.training.tensorboard import protect
from tests.conftest import TINY, Command

SLURM = {
    "SLURM_JOB_ID": "77", "SLURM_JOB_NAME": "train", "SLURM_NTASKS": "1", "SLURM_PROCID": "0",
    "SLURM_LOCALID": "0", "SLURM_NODEID": "0",
}  # fmt: skip


def wait_until(condition: Callable[[], bool], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def long_run(corpus: Path, folder: Path, *more: str) -> list[str]:
    return [
        "train", "model=bag", f"data.path={corpus}", *TINY, "callbacks.early_stopping=null",
        "trainer.max_epochs=400", *more, f"hydra.run.dir={folder}",
    ]  # fmt: skip


def stopped_by(
    signum: int, python: Path, command: list[str], folder: Path, environment: dict[str, str]
) -> tuple[int, str]:
    """Start a run, send it a signal after its first epoch, and answer with its end."""
    with subprocess.Popen(
        [str(python), "-m", f"rnn_sentiment.{command[0]}", *command[1:]], cwd=folder.parent,
        env=environment, text=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        wait_until(lambda: (folder / "checkpoints" / "last.ckpt").exists() or process.poll())
        process.send_signal(signum)
        _, error = process.communicate(timeout=10)
        return process.returncode, error


@pytest.mark.battery
@pytest.mark.parametrize(
    "name",
    [
        pytest.param("SIGTERM", marks=pytest.mark.fault("a5")),
        pytest.param("SIGINT", marks=pytest.mark.fault("a6")),
        pytest.param(
            "SIGHUP",
            marks=[
                pytest.mark.fault("a7"),
                pytest.mark.skipif(
                    signal.getsignal(signal.SIGHUP) is signal.SIG_IGN,
                    reason="SIGHUP is ignored here, as under nohup, and so by runs",
                ),
            ],
        ),
    ],
)
def test_a_run_that_is_stopped_keeps_its_last_epoch(
    name, preloaded_python, corpus, environment, tmp_path
):
    folder, signum = tmp_path / "run", getattr(signal, name)
    command = long_run(corpus, folder)
    status, error = stopped_by(signum, preloaded_python, command, folder, environment)
    assert status == 128 + signum
    assert error.endswith(
        f"stopped by {name}; continue with: python -m rnn_sentiment.train resume={folder}\n"
    )
    assert json.loads((folder / "results.json").read_text())["status"] == "interrupted"


@pytest.mark.fault("a5")
def test_a_signal_waits_until_tensorboard_has_taken_an_event(tmp_path, monkeypatch):
    """Broken off in between, the hand-over leaves TensorBoard's thread waiting for minutes."""
    logger = TensorBoardLogger(tmp_path, name="tensorboard", version="")
    taken, put = [], queue.Queue.put

    def interrupted_put(self: queue.Queue[Any], item: Any, *options: Any) -> None:
        signal.raise_signal(signal.SIGTERM)
        put(self, item, *options)
        taken.append(item)

    with interruptible(lambda: "kept"):
        protect(logger)
        monkeypatch.setattr(queue.Queue, "put", interrupted_put)
        with pytest.raises(Interrupted):
            logger.log_metrics({"loss": 1.0}, step=1)
        assert len(taken) == 1
        logger.finalize("failed")


@pytest.mark.fault("a5")
def test_a_signal_is_not_lost_in_a_destructor():
    class Gone:
        def __del__(self) -> None:
            signal.raise_signal(signal.SIGTERM)

    def gone() -> None:
        Gone()
        time.sleep(5)

    with pytest.raises(Interrupted), interruptible(lambda: "kept"):
        gone()


ENDING = """
import sys, time
from rnn_sentiment.errors import Interrupted, interruptible
with interruptible(lambda: "kept"):
    try:
        print("running", flush=True)
        time.sleep(60)
    except Interrupted:
        print("ending", flush=True)
        time.sleep(60 if len(sys.argv) > 1 else 1)
        print("ended", flush=True)
"""


@pytest.mark.fault("a6")
def test_a_second_interrupt_ends_a_run_that_is_ending_at_once():
    with subprocess.Popen(
        [sys.executable, "-c", ENDING, "long"], stdout=subprocess.PIPE, text=True
    ) as process:
        for expected in ("running", "ending"):
            assert process.stdout.readline() == f"{expected}\n"
            process.send_signal(signal.SIGINT)
        assert process.wait(5) == -signal.SIGINT


def test_a_second_sigterm_lets_a_run_end():
    with subprocess.Popen(
        [sys.executable, "-c", ENDING], stdout=subprocess.PIPE, text=True
    ) as process:
        for expected in ("running", "ending", "ended"):
            assert process.stdout.readline() == f"{expected}\n"
            process.send_signal(signal.SIGTERM)


@pytest.fixture
def scontrol(tmp_path: Path, environment: dict[str, str]) -> Path:
    """Stands in for Slurm's command, and notes what it is told."""
    log, script = tmp_path / "scontrol.log", tmp_path / "bin" / "scontrol"
    script.parent.mkdir()
    script.write_text(f'#!/bin/sh\necho "$@" >> {log}\n')
    script.chmod(0o755)
    environment |= {**SLURM, "PATH": f"{script.parent}:{os.environ['PATH']}"}
    return log


@pytest.mark.battery
@pytest.mark.fault("a7")
def test_a_job_of_slurm_is_queued_again_once_and_goes_on(
    run: Command, corpus, environment, scontrol, tmp_path
):
    folder = tmp_path / "run"
    command = long_run(corpus, folder, "trainer.max_epochs=60")
    status, error = stopped_by(signal.SIGUSR1, Path(sys.executable), command, folder, environment)
    assert status == 128 + signal.SIGUSR1
    assert error.endswith("; job 77 is requeued\n")
    assert scontrol.read_text() == "requeue 77\n"
    assert {f.name for f in (folder / "checkpoints").iterdir()} == {"best.ckpt", "last.ckpt"}
    assert not list(folder.glob("hpc*"))
    refused = run(*command)
    assert refused.returncode == 2
    assert "already holds a run" in refused.stderr
    again = run(*command, SLURM_RESTART_COUNT="1")
    assert again.returncode == 0, again.stderr
    results = json.loads((folder / "results.json").read_text())
    assert [row["epoch"] for row in results["history"]] == list(range(60))


@pytest.mark.fault("a7")
@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({}, "requeue 77"),
        ({"SLURM_ARRAY_JOB_ID": "70", "SLURM_ARRAY_TASK_ID": "3"}, "requeue 70_3"),
    ],
)
def test_only_the_signal_of_slurm_queues_a_job_again(
    variables, told, scontrol, environment, monkeypatch
):
    for name, value in {**environment, **variables}.items():
        monkeypatch.setenv(name, value)
    assert slurm.requeue(Interrupted(signal.SIGTERM, "")) == ""
    assert not scontrol.exists()
    assert slurm.requeue(Interrupted(signal.SIGUSR1, "")).endswith(" is requeued")
    assert scontrol.read_text() == f"{told}\n"
    monkeypatch.setenv("PATH", "/nowhere")
    assert "could not be requeued: scontrol" in slurm.requeue(Interrupted(signal.SIGUSR1, ""))
