"""A sweep puts its jobs on devices, and its runs are scored again on the CPU."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from rnn_sentiment.training.rescoring import rescore
from tests.conftest import TINY, Command
from tests.cuda.devices import TRAINERS, on_devices


@pytest.mark.parametrize(("device", "model"), on_devices(["gru"]))
def test_jobs_run_on_devices_and_score_the_same_on_the_cpu(
    device: str, model: str, run_fresh: Command, corpus: Path, tmp_path: Path
) -> None:
    done = run_fresh(
        "train", "-m", f"model={model},mingru", f"trainer={TRAINERS[device]}", "sweep.jobs=2",
        f"data.path={corpus}", *(one for one in TINY if "precision" not in one),
        "sweep.report=false", "hydra.sweep.dir=sweep",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    runs = [tmp_path / "sweep" / f"model={name}" for name in (model, "mingru")]
    for run in runs:
        results = json.loads((run / "results.json").read_text())
        assert results["status"] == "completed"
        expected = torch.cuda.get_device_name() if device == "cuda" else "cpu"
        assert results["device"] == expected
        assert "results.json" in rescore(run, trainer="cpu").comparison
