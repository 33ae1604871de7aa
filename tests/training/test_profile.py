"""A profile names the parts of a step, and their times add up."""

from __future__ import annotations

import pytest

from rnn_sentiment.training import profile
from rnn_sentiment.training.profile import WARM_UP, StepProfiler
from tests.conftest import TINY


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, in a list of one; tests turn it on."""
    now = [0.0]
    monkeypatch.setattr(profile.time, "perf_counter", lambda: now[0])
    return now


def step(profiler: StepProfiler, clock: list[float]) -> None:
    """A step of 16 seconds: each part is twice as long as the one before."""

    def spend(action: str, seconds: float, *inside: tuple) -> None:
        with profiler.profile(action):
            clock[0] += seconds
            for one in inside:
                spend(*one)

    spend("[_TrainingEpochLoop].train_dataloader_next", 1)
    clock[0] += 100  # between actions: no part of a step
    forward = ("[Strategy]One.training_step", 2, ("forward: layer 1", 4), ("unknown", 0.5))
    backward = ("[Strategy]One.backward", 8)
    update = ("[LightningModule]Classifier.optimizer_step", 0.25, forward, backward)
    spend("run_training_batch", 0.125, update)
    spend("[Callback]Throughput.on_train_batch_end", 0.125)
    spend("[Strategy]One.validation_step", 50, ("forward: layer 1", 50))


def test_each_part_counts_without_those_inside_it(tmp_path, clock):
    profiler = StepProfiler(tmp_path)
    for _ in range(WARM_UP + 3):
        step(profiler, clock)
    found = profiler.table()
    assert found["milliseconds"].to_dict() == {
        "backward": 8000,
        "forward: layer 1": 4000,
        "loss and metrics": 2500,
        "data": 1000,
        "optimizer": 250,
        "Lightning's loop": 125,
        "callbacks and logging": 125,
    }
    assert found["share"].sum() == pytest.approx(1)


def test_table_and_picture_are_written_once(tmp_path, clock, capsys):
    profiler = StepProfiler(tmp_path)
    for _ in range(WARM_UP):
        step(profiler, clock)
    profiler.describe()
    assert not list(tmp_path.iterdir())
    step(profiler, clock)
    profiler.describe()
    profiler.describe()
    assert capsys.readouterr().out.count("backward") == 1
    assert {file.name for file in tmp_path.iterdir()} == {"profile.csv", "profile.png"}


def test_a_run_can_be_profiled(run, corpus, tmp_path):
    done = run(
        "train", "model=conv1d", f"data.path={corpus}", *TINY, "profile=true", "test=false",
        "trainer.max_epochs=1", "hydra.run.dir=run",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    rows = (tmp_path / "run" / "profile.csv").read_text()
    for part in ("data", "embedding", "layer 1", "head", "backward"):
        assert part in rows
