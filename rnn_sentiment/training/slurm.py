"""A run as a Slurm job: requeued when its time is over, and continued when it starts again.

Slurm announces the end of a job's time limit if asked to (`sbatch --signal=USR1@120`). Lightning
would then save in mid-epoch, from where a run could not be continued exactly.
"""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

from rnn_sentiment import manifest, runs
from rnn_sentiment.errors import Interrupted


def is_requeued(folder: Path, overrides: list[str]) -> bool:
    """Whether this is the requeued job that began the run in `folder`."""
    began = (folder / manifest.OVERRIDES).exists()
    again = int(os.environ.get("SLURM_RESTART_COUNT", "0")) > 0
    return again and began and runs.load_overrides(folder) == overrides


def requeue(stop: Interrupted) -> str:
    """Requeue this job if its time is over, and describe the result; empty if it is not over."""
    if stop.signum != signal.SIGUSR1:
        return ""
    environment = os.environ
    job = environment["SLURM_JOB_ID"]
    if "SLURM_ARRAY_JOB_ID" in environment:
        job = f"{environment['SLURM_ARRAY_JOB_ID']}_{environment['SLURM_ARRAY_TASK_ID']}"
    try:
        done = subprocess.run(["scontrol", "requeue", job], capture_output=True, text=True)
    except OSError as error:
        return f"job {job} could not be requeued: scontrol does not run ({error.strerror})"
    if done.returncode:
        return f"job {job} could not be requeued: {' '.join(done.stderr.split())}"
    return f"job {job} is requeued"
