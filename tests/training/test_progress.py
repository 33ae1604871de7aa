"""Progress: a bar in a terminal, a line now and then elsewhere."""

from __future__ import annotations

import logging
import re

import pytest
import torch
from lightning import Trainer
from torch.utils.data import DataLoader

from rnn_sentiment.training import progress
from rnn_sentiment.training.scoring_bar import ScoringBar
from tests.training.test_callbacks import Small

pytestmark = pytest.mark.filterwarnings("ignore:The .*_dataloader. does not have many workers")


def train() -> None:
    trainer = Trainer(
        accelerator="cpu", max_epochs=2, logger=False, enable_checkpointing=False,
        callbacks=[progress.RunProgressBar()], enable_model_summary=False,
    )  # fmt: skip
    trainer.fit(Small(0), DataLoader(torch.arange(8) % 4, batch_size=4))


def test_without_a_terminal_there_are_lines_and_no_bar(monkeypatch, caplog, capsys):
    monkeypatch.setattr(progress, "is_watched", lambda: False)
    monkeypatch.setattr(progress, "EVERY", 0.0)
    monkeypatch.setattr(progress.RunProgressBar, "get_metrics", lambda *_: {"loss": 0.123456})
    with caplog.at_level(logging.INFO, progress.__name__):
        train()
    lines = [record.message for record in caplog.records if record.name == progress.__name__]
    assert [line.partition(":")[0] for line in lines] == [
        *("epoch 1 of 2, 50 %", "epoch 1 of 2, 100 %"),
        *("epoch 2 of 2, 50 %", "epoch 2 of 2, 100 %"),
    ]
    assert all(re.search(r": loss \d\.\d{3}, left 0:00:0", line) for line in lines)
    assert "100 %" not in capsys.readouterr().err


def test_a_narrow_terminal_cuts_training_metrics_first(monkeypatch, capsys):
    monkeypatch.setattr(progress, "is_watched", lambda: True)
    monkeypatch.setenv("COLUMNS", "80")
    metrics = {"train/loss_step": 0.5, "val/loss": 0.5, "val/accuracy": 0.75}
    monkeypatch.setattr(progress.RunProgressBar, "get_metrics", lambda *_: metrics)
    train()
    assert "val/accuracy 0.750" in capsys.readouterr().err.rpartition("\r")[2]


def test_lines_come_no_more_often_than_they_are_due(monkeypatch, caplog):
    monkeypatch.setattr(progress, "is_watched", lambda: False)
    with caplog.at_level(logging.INFO, progress.__name__):
        train()
    assert not [record for record in caplog.records if record.name == progress.__name__]


def test_in_a_terminal_there_is_a_bar(monkeypatch, caplog, capsys):
    monkeypatch.setattr(progress, "is_watched", lambda: True)
    monkeypatch.setattr(progress, "EVERY", 0.0)
    with caplog.at_level(logging.INFO, progress.__name__):
        train()
    shown = capsys.readouterr().err.rpartition("\r")[2]
    assert "epoch 2 of 2" in shown
    assert "100 %, 0:00:00 left" in shown
    assert not [record for record in caplog.records if record.name == progress.__name__]


def test_scoring_has_a_bar_of_the_same_kind_that_goes(monkeypatch, capsys):
    monkeypatch.setattr(Small, "forward", lambda self, batch: batch, raising=False)
    trainer = Trainer(
        accelerator="cpu", logger=False, enable_checkpointing=False, enable_model_summary=False,
        callbacks=[ScoringBar("the test part")],
    )  # fmt: skip
    trainer.predict(Small(0), DataLoader(torch.arange(10), batch_size=1))
    shown = capsys.readouterr().err
    assert "scoring the test part" in shown
    assert "100 %" in shown
    assert "Predicting" not in shown
    assert shown.endswith("\x1b[2K")  # the line is cleared


def test_a_narrow_terminal_shows_the_time_left_and_cuts_the_metrics(monkeypatch, capsys):
    monkeypatch.setattr(progress, "is_watched", lambda: True)
    monkeypatch.setenv("COLUMNS", "72")
    many = {f"val/score{number}": 0.5 for number in range(9)}
    monkeypatch.setattr(progress.ProgressBar, "get_metrics", lambda *_: dict(many))
    train()
    drawn = re.split(r"[\r\n]+", re.sub(r"\x1b\[[\d;?]*[a-zA-Z]", "", capsys.readouterr().err))
    assert all(len(line.rstrip()) <= 72 for line in drawn)
    assert all("left" in line and "…" in line for line in drawn if "epoch" in line)
    assert sum("epoch" in line for line in drawn) > 2


def test_an_error_gives_the_terminal_back(monkeypatch, capsys):
    def fail(self: Small, batch: torch.Tensor, number: int) -> None:
        raise FloatingPointError("loss is not finite")

    monkeypatch.setattr(progress, "is_watched", lambda: True)
    monkeypatch.setattr(Small, "training_step", fail)
    with pytest.raises(FloatingPointError):
        train()
    shown = capsys.readouterr().err
    assert shown.rfind("\x1b[?25h") > shown.rfind("\x1b[?25l") > -1  # the cursor is there again
    assert shown.endswith("\n\x1b[?25h")
