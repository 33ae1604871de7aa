"""Too little memory is a line that names the batch size, and the end of one job only."""

from __future__ import annotations

import json
import resource
import subprocess
import sys

import numpy as np
import pytest
import torch
from omegaconf import OmegaConf

from rnn_sentiment import machine
from rnn_sentiment.checkpoints import load_checkpoint
from rnn_sentiment.errors import MachineError
from rnn_sentiment.training.checkpoint_io import AtomicCheckpointIO
from rnn_sentiment.training.recording import recorded
from tests.conftest import TINY

CFG = OmegaConf.create({"data": {"batch_size": 64, "eval_batch_size": 256}})
TOO_MUCH = 1 << 50  # bytes, more than any machine gives


@pytest.mark.fault("a21")
@pytest.mark.parametrize(
    "ask",
    [
        lambda: torch.empty(TOO_MUCH, dtype=torch.uint8),
        lambda: np.ones(TOO_MUCH, np.uint8),
        lambda: bytearray(TOO_MUCH),
    ],
    ids=["torch", "numpy", "Python"],
)
def test_a_run_without_memory_names_its_batch_size(ask, tmp_path):
    with (
        pytest.raises(MachineError, match=r"out of memory.*data\.batch_size=64, data\.eval_"),
        recorded(CFG, tmp_path),
    ):
        ask()
    results = json.loads((tmp_path / "results.json").read_text())
    assert results["status"] == "failed"
    assert results["error"].startswith("out of memory")


@pytest.mark.fault("a21")
def test_a_checkpoint_that_does_not_fit_is_not_called_damaged(tmp_path, monkeypatch):
    AtomicCheckpointIO().save_checkpoint({"weight": torch.ones(9)}, tmp_path / "last.ckpt")
    monkeypatch.setattr(torch, "load", lambda *_, **__: torch.empty(TOO_MUCH, dtype=torch.uint8))
    with pytest.raises(RuntimeError) as failure:
        load_checkpoint(tmp_path / "last.ckpt")
    assert machine.out_of_memory(failure.value)


def test_a_fault_of_the_program_is_not_blamed_on_the_machine():
    for error in (RuntimeError("shapes do not match"), KeyError("x"), FileNotFoundError(2, "no")):
        assert machine.explain(error) is None


@pytest.mark.battery
@pytest.mark.fault("a21", "a23")
def test_a_sweep_goes_on_without_the_job_that_needs_too_much(corpus, environment, tmp_path):
    command = [
        sys.executable, "-m", "rnn_sentiment.train", "-m", "model=bag", f"data.path={corpus}",
        *TINY, "trainer.max_epochs=1", "embedding.dim=3000000,4", "sweep.jobs=1",
        "sweep.report=false", "hydra.sweep.dir=sweep",
    ]  # fmt: skip
    most = 6 << 30  # bytes, less than the larger table has
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (most, most)),
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    found = {
        file.parent.name: json.loads(file.read_text())
        for file in tmp_path.glob("sweep/*/results.json")
    }
    assert found["embedding.dim=4"]["status"] == "completed"
    assert "out of memory" in found["embedding.dim=3000000"]["error"]
    assert "failed: embedding.dim=3000000: out of memory" in done.stdout
