"""Run folders: who may write to one, and that no reader finds half a file."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from rnn_sentiment import runs
from rnn_sentiment.configuration import compose
from rnn_sentiment.errors import MachineError, UserError

HOLDER = """
import sys, time
from pathlib import Path
from rnn_sentiment import runs
lock = runs.claim(Path(sys.argv[1]), resume=False)
print("claimed", flush=True)
time.sleep(600)
"""


@pytest.mark.fault("a24")
@pytest.mark.parametrize("resume", [False, True])
def test_a_folder_belongs_to_one_process_until_it_is_released(tmp_path, resume):
    folder = tmp_path / "runs" / "a"
    with runs.claim(folder, resume=False):
        with pytest.raises(UserError, match=r"in use by another process; .* hydra\.run\.dir"):
            runs.claim(folder, resume=resume)
        runs.claim(tmp_path / "runs" / "b", resume=False).release()
    runs.claim(folder, resume=resume).release()


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGKILL])
def test_a_process_that_dies_leaves_its_folder_free(tmp_path, signum):
    command = [sys.executable, "-c", HOLDER, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "claimed\n"
        with pytest.raises(UserError, match="in use"):
            runs.claim(tmp_path, resume=False)
        holder.send_signal(signum)
    runs.claim(tmp_path, resume=False).release()


def test_a_folder_with_a_run_is_refused_unless_it_is_resumed(tmp_path):
    with runs.claim(tmp_path, resume=False):
        runs.save_config(tmp_path, compose("name=x"))
    with pytest.raises(UserError, match=f"already holds a run; .* resume={tmp_path}"):
        runs.claim(tmp_path, resume=False)
    runs.claim(tmp_path, resume=True).release()


def test_a_stored_configuration_is_the_resolved_one(tmp_path):
    cfg = compose("model=lstm", "seed=7", "name=x")
    runs.save_config(tmp_path, cfg)
    assert "${" not in (tmp_path / ".hydra" / "config.yaml").read_text()
    assert runs.load_config(tmp_path).seed == 7
    with pytest.raises(UserError, match="is not a run folder"):
        runs.load_config(tmp_path / "nowhere")


def test_results_that_cannot_be_written_leave_the_old_ones(tmp_path, monkeypatch):
    runs.save_results(tmp_path, {"status": "interrupted"})
    with pytest.raises(TypeError):
        runs.save_results(tmp_path, {"status": object()})
    monkeypatch.setattr(os, "replace", lambda *files: (_ for _ in ()).throw(OSError("full")))
    with pytest.raises(MachineError, match=r"results\.json \(28 bytes\): full; the previous one"):
        runs.save_results(tmp_path, {"status": "completed"})
    assert runs.load_results(tmp_path) == {"status": "interrupted"}


def test_a_corpus_is_remembered_with_its_labels(tmp_path: Path):
    with pytest.raises(UserError, match="is not a trained run"):
        runs.load_corpus(tmp_path)
    parts = {"train": {"rows": 3, "labels": [1, 2], "digest": "00"}}
    runs.save_corpus(tmp_path, ["bad", "good"], parts)
    assert runs.load_corpus(tmp_path) == (("bad", "good"), parts, False)
