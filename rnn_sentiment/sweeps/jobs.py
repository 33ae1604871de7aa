"""Run jobs as separate processes, several at once, and record how each of them ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from rnn_sentiment import runs
from rnn_sentiment.commands import in_quotes
from rnn_sentiment.errors import UserError

POLL = 0.2  # seconds between checks of the processes
GRACE = 10.0  # seconds between the request to stop and the kill
LEASH = (sys.executable, "-m", "rnn_sentiment.leash")

State = Literal["waiting", "running", "done", "kept", "failed"]


@dataclass
class Job:
    """A run of a sweep: `command` fills `folder`, and prints to `log`.

    Attributes:
        folds_of: what the folds of a cross-validation have in common; None for other runs.
    """

    name: str
    command: Sequence[str]
    folder: Path
    log: Path
    folds_of: str | None = None
    state: State = "waiting"
    reason: str = ""
    results: dict[str, Any] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    slot: int = 0
    started: float = 0.0
    seconds: float = 0.0


def run_jobs(
    jobs: Sequence[Job],
    num_slots: int,
    environment: Callable[[int], dict[str, str]],
    timeout: float | None,
    watch: Callable[[], None],
) -> None:
    """Run all waiting jobs, at most `num_slots` at once; a failed job does not affect the others.

    A job is done when it has written `results.json` with the status `completed`, whatever its exit
    status; otherwise it has failed, for a recorded reason. Stopping this process stops the jobs,
    even by SIGKILL (on Linux; see `leash`).

    Args:
        jobs: the jobs; their states, results and reasons are updated.
        num_slots: maximum number of processes at once.
        environment: additional environment variables for the process in a slot.
        timeout: seconds after which a job is stopped, with all of its processes.
        watch: called several times a second.
    """
    free = list(range(num_slots))
    waiting = [job for job in jobs if job.state == "waiting"]
    running: list[Job] = []
    try:
        while waiting or running:
            while waiting and free:
                running.append(_start(waiting.pop(0), free.pop(0), environment))
            time.sleep(POLL)
            for job in list(running):
                assert job.process is not None
                job.seconds = time.monotonic() - job.started
                late = timeout is not None and job.seconds > timeout
                if late:
                    _stop([job])
                if job.process.poll() is not None:
                    running.remove(job)
                    free.append(job.slot)
                    _stop([job])  # processes that the job left running
                    _finish(job, f"stopped after {timeout:g} s (sweep.timeout)" if late else "")
            watch()
    finally:
        _stop(running)
        for job in running:
            _finish(job, "stopped with the sweep")


def _start(job: Job, slot: int, environment: Callable[[int], dict[str, str]]) -> Job:
    job.log.parent.mkdir(parents=True, exist_ok=True)
    with job.log.open("wb") as log:
        job.process = subprocess.Popen(
            [*LEASH, str(os.getpid()), *job.command],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=os.environ | environment(slot),
            start_new_session=True,  # a group that can be stopped as a whole
        )
    job.slot, job.started, job.state = slot, time.monotonic(), "running"
    return job


def _stop(jobs: Sequence[Job]) -> None:
    """Ask the processes of jobs to stop, and kill those that do not stop."""
    for signum, patience in ((signal.SIGTERM, GRACE), (signal.SIGKILL, None)):
        for job in jobs:
            assert job.process is not None
            try:
                os.killpg(job.process.pid, signum)
            except ProcessLookupError:
                continue
        deadline = time.monotonic() + (patience or 0)
        for job in jobs:
            assert job.process is not None
            try:
                job.process.wait(max(0.0, deadline - time.monotonic()) if patience else None)
            except subprocess.TimeoutExpired:
                continue


def _finish(job: Job, reason: str) -> None:
    assert job.process is not None
    try:
        job.results = runs.load_results(job.folder)
    except UserError as error:
        reason = reason or str(error)
    if job.results.get("status") == "completed" and not reason:
        job.state = "done"
        return
    job.state = "failed"
    job.reason = reason or explain(job.process.returncode, job.results, job.log)


def explain(returncode: int, results: dict[str, Any], log: Path) -> str:
    """Describe in one line why a job failed."""
    if returncode < 0:
        name = signal.Signals(-returncode).name
        return f"killed by {name}" + (" (out of memory?)" if name == "SIGKILL" else "")
    if results.get("error"):
        return " ".join(str(results["error"]).split())
    lines = log.read_text(errors="replace").replace("\r", "\n").split("\n")
    last = next((line.strip() for line in reversed(lines) if line.strip()), "it printed nothing")
    return f"exit status {returncode} without results: {last}"


def train_command(overrides: Sequence[str], folder: Path) -> list[str]:
    """The command line for a run in a folder."""
    module = [sys.executable, "-m", "rnn_sentiment.train"]
    return [*module, *overrides, "hydra.mode=RUN", f"hydra.run.dir={in_quotes(str(folder))}"]
