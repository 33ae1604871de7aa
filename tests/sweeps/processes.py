"""Jobs of a few lines of Python, and waiting for what other processes do."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

from rnn_sentiment.sweeps.jobs import Job, run_jobs

COMPLETED = (
    "import json, pathlib, sys; folder = pathlib.Path(sys.argv[1]); folder.mkdir();"
    "(folder / 'results.json').write_text(json.dumps({'status': 'completed',"
    "'validation': {'accuracy': 0.75}}))"
)


def job(folder: Path, name: str, code: str) -> Job:
    run = folder / name
    return Job(name, [sys.executable, "-c", code, str(run)], run, folder / "logs" / f"{name}.log")


def run_all(jobs: list[Job], num_slots: int = 2, timeout: float | None = None) -> None:
    run_jobs(jobs, num_slots, lambda slot: {"SLOT": str(slot)}, timeout, lambda: None)


def wait_until(condition: Callable[[], bool]) -> None:
    for _ in range(300):
        if condition():
            return
        time.sleep(0.1)
    raise AssertionError("not within 30 s")


def running(pid: int) -> bool:
    status = Path(f"/proc/{pid}/status")
    try:
        return "Z (zombie)" not in status.read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
