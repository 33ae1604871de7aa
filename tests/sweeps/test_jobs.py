"""Jobs: no job's end concerns another, and every failure has its reason."""

from __future__ import annotations

import subprocess
import sys

import pytest

from rnn_sentiment.sweeps import sweep
from tests.sweeps.processes import COMPLETED, job, run_all, running, wait_until

pytestmark = pytest.mark.slow

ENDS = {
    "completes": COMPLETED,
    "raises": "raise ValueError('the reason')",
    "exits with 0": "import sys; sys.exit(0)",
    "is killed": "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
    "hangs": "import time; time.sleep(600)",
    "completes too": COMPLETED,
}


REASONS = {
    "raises": "exit status 1 without results: ValueError: the reason",
    "exits with 0": "exit status 0 without results: it printed nothing",
    "is killed": "killed by SIGKILL (out of memory?)",
    "hangs": "stopped after 2 s (sweep.timeout)",
}


@pytest.mark.fault("a23")
def test_no_end_of_a_job_stops_or_fakes_another(tmp_path):
    jobs = [job(tmp_path, name, code) for name, code in ENDS.items()]
    run_all(jobs, timeout=2)
    assert {j.name: j.reason for j in jobs if j.state == "failed"} == REASONS
    assert [j.name for j in jobs if j.state == "done"] == ["completes", "completes too"]


def test_a_job_that_ends_takes_what_it_started_with_it(tmp_path):
    child = "import time; time.sleep(600)"
    code = (
        f"import subprocess, sys; p = subprocess.Popen([sys.executable, '-c', {child!r}]);"
        "print(p.pid)"
    )
    parent = job(tmp_path, "parent", code)
    run_all([parent])
    pid = int(parent.log.read_text())
    wait_until(lambda: not running(pid))


def test_no_more_jobs_at_once_than_slots(tmp_path):
    code = (
        "import os, pathlib, time; f = pathlib.Path(os.environ['SLOT'] + '.busy');"
        "f.touch(exist_ok=False); time.sleep(0.3); f.unlink();"
    )
    script = f"import os; os.chdir({str(tmp_path)!r}); {code} {COMPLETED}"
    jobs = [job(tmp_path, str(i), script) for i in range(5)]
    run_all(jobs, num_slots=2)
    assert [j.state for j in jobs] == ["done"] * 5
    assert {j.slot for j in jobs} == {0, 1}


def test_damaged_results_fail_a_job_and_are_run_again(tmp_path):
    code = "import pathlib, sys; f = pathlib.Path(sys.argv[1]); f.mkdir();"
    broken = job(tmp_path, "broken", f"{code} (f / 'results.json').write_text('[1,')")
    run_all([broken])
    assert broken.state == "failed"
    assert "results.json is not JSON" in broken.reason
    assert sweep.completed_results(broken.folder) == {}


@pytest.mark.fault("a23")
def test_killing_a_sweep_ends_its_jobs(tmp_path):
    child = (
        "import os, pathlib, sys, time; file = pathlib.Path(sys.argv[1]);"
        "file.write_text(str(os.getpid())); time.sleep(600)"
    )
    parent = (
        "import sys; from pathlib import Path; from rnn_sentiment.sweeps.jobs import *;"
        f"command = [sys.executable, '-c', {child!r}];"
        "jobs = [Job(n, [*command, n], Path(n), Path(n + '.log')) for n in 'ab'];"
        "run_jobs(jobs, 2, lambda slot: {}, None, lambda: None)"
    )
    files = [tmp_path / name for name in "ab"]
    with subprocess.Popen([sys.executable, "-c", parent], cwd=tmp_path) as process:
        wait_until(lambda: all(file.exists() and file.read_text() for file in files))
        process.kill()
    wait_until(lambda: not any(running(int(file.read_text())) for file in files))
