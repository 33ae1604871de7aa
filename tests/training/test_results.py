"""The best epoch of the results is the one whose checkpoint is kept."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from lightning import LightningModule, Trainer
from lightning.pytorch.callbacks import ModelCheckpoint
from torch import Tensor, nn
from torch.utils.data import DataLoader

from rnn_sentiment.checkpoints import load_checkpoint
from rnn_sentiment.configuration import compose
from rnn_sentiment.errors import UserError
from rnn_sentiment.metrics import make_metrics
from rnn_sentiment.outcome import AnyOf, OneOf
from rnn_sentiment.training.callbacks import History
from rnn_sentiment.training.checkpoint_io import AtomicCheckpointIO
from rnn_sentiment.training.results import BestEpoch, check_monitors, history_of, peak_memory


class Scripted(LightningModule):
    """A model whose validation goes as it is told."""

    def __init__(self, losses: list[float], accuracies: list[float]) -> None:
        super().__init__()
        self.losses, self.accuracies = losses, accuracies
        self.weight = nn.Parameter(torch.zeros(()))

    def training_step(self, batch: Tensor, batch_idx: int) -> Tensor:
        return self.weight.square()

    def validation_step(self, batch: Tensor, batch_idx: int) -> None:
        self.log("val/loss", self.losses[self.current_epoch])
        self.log("val/accuracy", self.accuracies[self.current_epoch])

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), lr=0.1)


LOSSES = [0.7, 0.5, 0.3, 0.3, 0.6]


def fit(folder: Path, accuracies: list[float], monitor: str, mode: Any) -> Trainer:
    checkpoint = ModelCheckpoint(
        folder, filename="best", monitor=monitor, mode=mode, save_on_train_epoch_end=True
    )
    trainer = Trainer(
        accelerator="cpu", max_epochs=len(LOSSES), logger=False, plugins=[AtomicCheckpointIO()],
        callbacks=[History(), checkpoint], enable_progress_bar=False, enable_model_summary=False,
        num_sanity_val_steps=0,
    )  # fmt: skip
    batches: Any = DataLoader(torch.zeros(2), batch_size=1)  # type: ignore[arg-type]
    trainer.fit(Scripted(LOSSES, accuracies), batches, batches)
    return trainer


@pytest.mark.filterwarnings("ignore:.* does not have many workers")
@pytest.mark.parametrize(
    "accuracies", [[0.5, 0.8, 0.7, 0.8, 0.6], [0.5] * 5, [0.1, 0.2, 0.3, 0.4, 0.5]]
)
@pytest.mark.parametrize(("monitor", "mode"), [("val/accuracy", "max"), ("val/loss", "min")])
def test_the_best_row_is_the_epoch_of_the_best_checkpoint(tmp_path, accuracies, monitor, mode):
    history = history_of(fit(tmp_path, accuracies, monitor, mode))
    kept = load_checkpoint(tmp_path / "best.ckpt")["epoch"]
    best = BestEpoch(monitor, mode)
    assert [row["epoch"] for row in history] == [0, 1, 2, 3, 4]
    assert best.row(history)["epoch"] == kept
    assert best.scores(history) == {
        "epoch": kept,
        "loss": pytest.approx(LOSSES[kept]),
        "accuracy": pytest.approx(accuracies[kept]),
    }


def test_the_measure_is_the_one_that_keeps_the_checkpoint():
    assert BestEpoch.of(compose()) == BestEpoch("val/accuracy", "max")
    own = ["callbacks.best_checkpoint.monitor=val/loss", "callbacks.best_checkpoint.mode=min"]
    assert BestEpoch.of(compose(*own)) == BestEpoch("val/loss", "min")


@pytest.mark.parametrize(
    ("metric", "mode"), [("val/loss", "min"), ("val/macro_f1", "max"), ("val/accuracy", "max")]
)
def test_one_key_decides_what_keeps_the_best_epoch_and_what_stops_training(metric, mode):
    cfg = compose(f"metrics.best={metric}", "scheduler=constant")
    for name in ("best_checkpoint", "early_stopping"):
        assert (cfg.callbacks[name].monitor, cfg.callbacks[name].mode) == (metric, mode)


@pytest.mark.parametrize("epochs", [3, 20])
def test_a_falling_learning_rate_reaches_its_end(epochs):
    falling = compose(f"trainer.max_epochs={epochs}").callbacks.early_stopping
    assert falling.patience == epochs
    constant = compose(f"trainer.max_epochs={epochs}", "scheduler=constant")
    assert constant.callbacks.early_stopping.patience == 2


def test_an_epoch_is_not_chosen_by_what_is_undefined():
    history = [{"epoch": 0, "val/f1": 0.5, "val/accuracy": 0.9}]
    with pytest.raises(UserError, match="val/auroc is undefined"):
        BestEpoch("val/auroc", "max").row(history)
    assert BestEpoch("val/accuracy", "max").scores(history, ["auroc"])["auroc"] is None


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("callbacks.best_checkpoint=null", "leave it in"),
        ("callbacks.best_checkpoint.filename=other", "filename=best"),
        ("callbacks.best_checkpoint.monitor=val/acuracy", "did you mean 'val/accuracy'"),
        ("callbacks.early_stopping.monitor=val/los", "did you mean 'val/loss'"),
    ],
)
def test_a_run_without_a_best_checkpoint_is_refused_before_it_trains(override, message):
    with pytest.raises(UserError, match=message):
        BestEpoch.of(compose(override))


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine counts the GPU's memory")
def test_peak_memory_is_in_bytes_on_every_system(monkeypatch):
    for system, own in (("linux", 2048), ("darwin", 2 * 2**20)):  # in the system's units
        monkeypatch.setattr("sys.platform", system)
        monkeypatch.setattr(
            "resource.getrusage", lambda of, own=own: SimpleNamespace(ru_maxrss=own)
        )
        assert peak_memory() == 2 * 2**20


def test_a_history_must_be_kept():
    with pytest.raises(UserError, match="history"):
        history_of(Trainer(accelerator="cpu", logger=False, enable_checkpointing=False))


def test_what_decides_the_best_epoch_is_a_score_of_the_corpus():
    check_monitors(compose("metrics.best=val/f1"), make_metrics(OneOf(2)))
    with pytest.raises(UserError, match=r"choose .*val/micro_f1 or val/loss"):
        check_monitors(compose("metrics.best=val/f1"), make_metrics(AnyOf(2)))
