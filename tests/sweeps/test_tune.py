"""Tuning."""

from __future__ import annotations

import json

import pytest
import yaml

from tests.conftest import TINY, Command


@pytest.mark.battery
def test_tuning_finds_the_best_by_the_chosen_score_and_reads_the_test_part_once(
    run: Command, tmp_path
):
    done = run(
        "train", "sweep=tune", "model=bag", "data=demo", *TINY, "data.demo_sizes=[200,100]",
        "trainer.max_epochs=1", "sweep.trials=3", "hydra.sweep.dir=tune", "metrics.best=val/loss",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = yaml.safe_load((tmp_path / "tune" / "optimization_results.yaml").read_text())
    results = {f.parent: json.loads(f.read_text()) for f in tmp_path.glob("tune/*/results.json")}
    assert len(results) == found["trials"] == 3
    assert [str(folder) for folder, r in results.items() if "test" in r] == [found["run"]]
    losses = {str(folder): r["validation"]["loss"] for folder, r in results.items()}
    assert found["run"] == min(losses, key=lambda folder: losses[folder])
    assert found["best_validation_loss"] == losses[found["run"]]
