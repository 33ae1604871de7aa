"""A run that is killed over and over, and resumed each time, ends as if nothing had happened."""

from __future__ import annotations

import random
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from filelock import FileLock

from rnn_sentiment.training.recording import can_continue
from tests.conftest import TINY
from tests.training.folders import predictions
from tests.training.test_resume import assert_same_runs

KILLS = 50


@pytest.mark.battery
@pytest.mark.fault("a1")
def test_killed_over_and_over(preloaded_python: Path, corpus, environment, tmp_path):
    begin = [
        "model=gru", "model.hidden_size=8", f"data.path={corpus}", *TINY,
        "trainer.max_epochs=6", "callbacks.early_stopping=null",
    ]  # fmt: skip

    def start(*arguments: str) -> subprocess.Popen[bytes]:
        command = [str(preloaded_python), "-m", "rnn_sentiment.train", *arguments]
        return subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.DEVNULL)

    started = time.monotonic()
    with start(*begin, "hydra.run.dir=whole") as whole:
        assert whole.wait() == 0
    seconds = time.monotonic() - started
    chance, run, kills, ends = random.Random(1), tmp_path / "run", 0, 0
    while kills < KILLS:
        resume = can_continue(run)
        if not resume:
            shutil.rmtree(run, ignore_errors=True)
        with start(*([f"resume={run}"] if resume else [*begin, f"hydra.run.dir={run}"])) as process:
            try:
                process.wait(chance.uniform(0, seconds))
            except subprocess.TimeoutExpired:
                process.kill()
                kills += 1
        time.sleep(0.1)  # until the process has ended that the killed one had started
        if run.exists():
            with FileLock(run / ".lock", timeout=30):
                pass
        if process.returncode == 0:
            ends += 1
            assert_same_runs(tmp_path / "whole", run)
            assert predictions(run).equals(predictions(tmp_path / "whole"))
            shutil.rmtree(run)
    assert ends
