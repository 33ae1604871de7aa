"""Epochs: one row each, across a resumed run too, and random numbers that a resumed run repeats."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from lightning import LightningModule, Trainer
from lightning.pytorch.callbacks import ModelCheckpoint
from torch import Tensor, nn
from torch.utils.data import DataLoader

from rnn_sentiment.training.callbacks import EpochSeed, FrozenVectors, History
from rnn_sentiment.training.checkpoint_io import AtomicCheckpointIO
from rnn_sentiment.training.unfreezing import GradualUnfreezing


class Small(LightningModule):
    """A regression whose noise, and so whose loss, depends on torch's generator."""

    def __init__(self, frozen_epochs: float = 0) -> None:
        super().__init__()
        self.embedding = nn.Module()
        self.embedding.table = nn.Embedding(4, 2)
        self.embedding.frozen_epochs = frozen_epochs
        self.head = nn.Linear(2, 1)
        for parameter in self.parameters():
            nn.init.constant_(parameter, 0.5)

    def training_step(self, batch: Tensor, batch_idx: int) -> Tensor:
        noise = torch.randn(len(batch), 1)
        loss = (self.head(self.embedding.table(batch)) - noise).square().mean()
        self.log("train/loss", loss, on_step=False, on_epoch=True)
        return loss

    def configure_optimizers(self) -> Any:
        optimizer = torch.optim.SGD(self.parameters(), lr=0.1)
        return [optimizer], [torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1.0)]


def fit(
    folder: Path, epochs: int, seed: int = 1, resume: bool = False, frozen_epochs: float = 0
) -> tuple[Small, list[dict[str, float]]]:
    """Train up to so many epochs: the model and the rows of its history."""
    model, history = Small(frozen_epochs), History()
    trainer = Trainer(
        accelerator="cpu", max_epochs=epochs, logger=False, plugins=[AtomicCheckpointIO()],
        callbacks=[EpochSeed(seed), history, FrozenVectors(), ModelCheckpoint(folder, "last")],
        enable_progress_bar=False, enable_model_summary=False,
    )  # fmt: skip
    # A loader without a generator draws from torch's, once more in an epoch that is not resumed.
    batches: Any = DataLoader(torch.arange(8) % 4, batch_size=4, generator=torch.Generator())  # type: ignore[arg-type]
    last = folder / "last.ckpt" if resume else None
    trainer.fit(model, batches, ckpt_path=last, weights_only=True)
    return model, history.rows


pytestmark = [
    pytest.mark.filterwarnings("ignore:The 'train_dataloader' does not have many workers"),
    pytest.mark.filterwarnings("ignore:Checkpoint directory .* is not empty"),  # as it should be
]


@pytest.mark.parametrize("stopped_after", [1, 3])
def test_a_resumed_training_repeats_an_uninterrupted_one(tmp_path, stopped_after):
    whole, expected = fit(tmp_path / "whole", epochs=4)
    _, before = fit(tmp_path / "stopped", epochs=stopped_after)
    resumed, rows = fit(tmp_path / "stopped", epochs=4, resume=True)
    assert [row["epoch"] for row in rows] == [0, 1, 2, 3]
    assert [row["step"] for row in rows] == [2, 4, 6, 8]
    assert rows[:stopped_after] == before
    assert rows == expected
    for one, other in zip(whole.parameters(), resumed.parameters(), strict=True):
        assert torch.equal(one, other)


def test_another_seed_trains_otherwise(tmp_path):
    assert fit(tmp_path / "a", 1, seed=1)[1] != fit(tmp_path / "b", 1, seed=2)[1]


@pytest.mark.parametrize("frozen_epochs", [0, 1, 2, float("inf")])
def test_vectors_are_left_alone_for_their_epochs_and_then_learn(tmp_path, frozen_epochs):
    for epochs in (1, 2, 3):
        model, _ = fit(tmp_path / str(epochs), epochs, frozen_epochs=frozen_epochs)
        unchanged = torch.equal(model.embedding.table.weight, torch.full((4, 2), 0.5))
        assert unchanged == (epochs <= frozen_epochs)
        assert not torch.equal(model.head.weight, torch.full((1, 2), 0.5))


@pytest.mark.parametrize("epochs", [0, 1, 5])
def test_unfreezing_leaves_frozen_what_is_never_trained(epochs):
    model: Any = Small()
    model.stages = lambda: [[*model.head.parameters()], [*model.embedding.parameters()]]
    model.embedding.requires_grad_(False)
    unfreezing, trainer = GradualUnfreezing(epochs), Trainer(logger=False, accelerator="cpu")
    unfreezing.on_fit_start(trainer, model)
    for epoch in range(3):
        trainer.fit_loop.epoch_progress.current.completed = epoch
        unfreezing.on_train_epoch_start(trainer, model)
        assert not model.embedding.table.weight.requires_grad
    unfreezing.on_train_end(trainer, model)
    assert model.head.weight.requires_grad
    assert not model.embedding.table.weight.requires_grad


def test_each_epoch_and_process_draws_numbers_of_its_own():
    def draw(seed: int, epoch: int, rank: int) -> float:
        trainer: Any = SimpleNamespace(train_dataloader=None, current_epoch=epoch, global_rank=rank)
        EpochSeed(seed).on_train_epoch_start(trainer, Small())
        return float(torch.rand(()))

    keys = [(seed, epoch, rank) for seed in (0, 1) for epoch in range(3) for rank in range(2)]
    drawn = {key: draw(*key) for key in keys}
    assert len(set(drawn.values())) == len(keys)
    assert {key: draw(*key) for key in reversed(keys)} == drawn


def test_an_epoch_that_max_steps_cuts_short_is_validated(train):
    folder = train("short", "+trainer.max_steps=3", "trainer.max_epochs=2")
    history = json.loads((folder / "results.json").read_text())["history"]
    assert [row["step"] for row in history] == [3]
    assert "val/accuracy" in history[0]
