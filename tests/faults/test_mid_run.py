"""What a run makes of a disk that fails in its middle, and of a damaged checkpoint afterwards."""

from __future__ import annotations

import math
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from omegaconf import DictConfig

from rnn_sentiment.checkpoints import load_checkpoint
from rnn_sentiment.classifier import Classifier
from rnn_sentiment.errors import Interrupted, MachineError, UserError
from tests.faults.conftest import Mount
from tests.training.test_resume import (
    MODELS,
    STEPS,
    assert_same_runs,
    configuration,
    kill,
    train,
)

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:Checkpoint directory .* exists")]


@pytest.fixture(scope="module")
def whole(corpus: Path, cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run as it is without faults."""
    folder = tmp_path_factory.mktemp("whole")
    train(configuration(corpus, cache, *MODELS["gru"]), folder)
    return folder


def in_second_epoch(patch: pytest.MonkeyPatch, act: Callable[[], Any]) -> None:
    """Do something before the second step of the second epoch."""
    real, calls = Classifier.training_step, [0]

    def step(*arguments: Any) -> Any:
        calls[0] += 1
        if calls[0] == STEPS + 2:
            act()
        return real(*arguments)

    patch.setattr(Classifier, "training_step", step)


@pytest.mark.fault("a8")
def test_a_disk_that_fills_costs_no_finished_epoch(cfg, whole, mount: Mount, monkeypatch):
    disk = mount("-t", "tmpfs", "-o", "size=8m", "none")

    def fill() -> None:
        (disk / "other").write_bytes(bytes(shutil.disk_usage(disk).free))

    with monkeypatch.context() as patched:
        in_second_epoch(patched, fill)
        with pytest.raises(MachineError, match=r"cannot write .*\.ckpt .*No space left.*make room"):
            train(cfg, disk / "run")
    assert load_checkpoint(disk / "run" / "checkpoints" / "last.ckpt")["epoch"] == 0
    (disk / "other").unlink()
    train(cfg, disk / "run", resume=True)
    assert_same_runs(whole, disk / "run")


@pytest.mark.fault("a27")
def test_a_lost_tensorboard_folder_is_one_warning(
    corpus, cache, whole, tmp_path, monkeypatch, caplog
):
    cfg = configuration(
        corpus, cache, *MODELS["gru"], "logger=tensorboard", "trainer.log_every_n_steps=1"
    )
    lost = tmp_path / "run" / "tensorboard"
    in_second_epoch(monkeypatch, lambda: shutil.rmtree(lost))
    train(cfg, tmp_path / "run")
    assert [r.message for r in caplog.records if r.levelname == "WARNING"] == [
        f"{lost} can no longer be written (No such file or directory); "
        "training goes on without TensorBoard."
    ]
    a, b = (load_checkpoint(f / "checkpoints" / "last.ckpt") for f in (whole, tmp_path / "run"))
    assert all((a["state_dict"][name] == b["state_dict"][name]).all() for name in a["state_dict"])


@pytest.mark.battery
@pytest.mark.fault("a30")
def test_a_lost_run_folder_ends_the_run(cfg, tmp_path, monkeypatch):
    in_second_epoch(monkeypatch, lambda: shutil.rmtree(tmp_path / "run"))
    with pytest.raises(MachineError, match=r"cannot write .*\.ckpt .*: its folder is gone"):
        train(cfg, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def stop_in_third_epoch(cfg: DictConfig, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        kill(patched, Classifier, "training_step", 2 * STEPS + 1)
        with pytest.raises(Interrupted):
            train(cfg, folder)


@pytest.mark.battery
@pytest.mark.fault("a25")
def test_a_clock_that_went_back_chooses_no_other_checkpoint(cfg, whole, tmp_path, monkeypatch):
    stop_in_third_epoch(cfg, tmp_path / "run", monkeypatch)
    os.utime(tmp_path / "run" / "checkpoints" / "last.ckpt", (0, 0))
    train(cfg, tmp_path / "run", resume=True)
    assert_same_runs(whole, tmp_path / "run")


@pytest.mark.fault("a22")
@pytest.mark.parametrize("what", [pytest.param("loss", marks=pytest.mark.battery), "gradient"])
def test_what_is_not_finite_never_reaches_the_weights(what, cfg, tmp_path, monkeypatch):
    real, seen = Classifier.training_step, []

    def step(self: Classifier, *arguments: Any) -> Any:
        seen.append(self)
        if len(seen) == STEPS + 2 and what == "gradient":
            self.head.bias.register_hook(lambda gradient: gradient * math.inf)
        elif len(seen) == STEPS + 2:
            monkeypatch.setattr(self.head, "forward", lambda encoded: encoded[:, :1] * math.nan)
        return real(self, *arguments)

    monkeypatch.setattr(Classifier, "training_step", step)
    with pytest.raises(FloatingPointError, match=f"{what} is not finite at step {STEPS + 1}"):
        train(cfg, tmp_path / "run")
    assert all(weight.isfinite().all() for weight in seen[-1].parameters())
    for name in ("best", "last"):
        checkpoint = load_checkpoint(tmp_path / "run" / "checkpoints" / f"{name}.ckpt")
        assert checkpoint["epoch"] == 0
        assert all(weight.isfinite().all() for weight in checkpoint["state_dict"].values())


def damage(file: Path, how: str) -> None:
    contents = bytearray(file.read_bytes())
    contents[len(contents) // 2] ^= 1
    file.write_bytes(contents if how == "flip" else contents[: len(contents) // 2])


@pytest.mark.fault("a12")
@pytest.mark.parametrize("how", ["flip", pytest.param("cut", marks=pytest.mark.battery)])
def test_without_a_whole_last_checkpoint_the_best_one_continues(
    how, cfg, whole, tmp_path, monkeypatch, caplog
):
    stop_in_third_epoch(cfg, tmp_path / "run", monkeypatch)
    checkpoints = tmp_path / "run" / "checkpoints"
    damage(checkpoints / "last.ckpt", how)
    train(cfg, tmp_path / "run", resume=True)
    assert "last.ckpt is damaged" in caplog.text
    assert "continuing from" in caplog.text
    assert_same_runs(whole, tmp_path / "run")
    for name in ("last", "best"):
        damage(checkpoints / f"{name}.ckpt", how)
    with pytest.raises(UserError, match=r"best\.ckpt is damaged"):
        train(cfg, tmp_path / "run", resume=True)
