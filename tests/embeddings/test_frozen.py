"""Frozen vectors stay as they are, for so many epochs and across a resumed run, then learn."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from omegaconf import DictConfig
from torch import Tensor

from rnn_sentiment.training.build import build_classifier, build_data, build_trainer
from tests.conftest import TINY
from tests.test_configuration import compose

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:Checkpoint directory .* is not empty"),  # as it should be
]


@pytest.fixture
def cfg(corpus: Path, cache: Path, tmp_path: Path) -> DictConfig:
    (tmp_path / "vectors.4d.txt").write_text("the 1 2 3 4\nscene 2 3 4 5\n")
    return compose(
        "model=bag", "embedding=glove", f"data.path={corpus}", f"data.cache={cache}", *TINY,
        f"embedding.path={tmp_path}/vectors.4d.txt", "optimizer.weight_decay=0.5",
        "logger=none", "name=bag",
    )  # fmt: skip


def train(
    cfg: DictConfig, folder: Path, epochs: int, resume: Path | None = None
) -> tuple[Tensor, Tensor]:
    """Train up to so many epochs: the table before and after."""
    cfg.trainer.max_epochs = epochs
    data = build_data(cfg)
    data.setup()
    classifier = build_classifier(cfg, len(data.vocabulary), data.outcome)
    embedding: Any = classifier.embedding
    embedding.initialise(data, cfg.seed)
    before = embedding.table.weight.detach().clone()
    if resume:
        with torch.no_grad():
            embedding.table.weight.zero_()  # it is the checkpoint's that counts
    trainer = build_trainer(cfg, folder)
    trainer.fit(classifier, datamodule=data, ckpt_path=resume, weights_only=True)
    return before, embedding.table.weight.detach()


@pytest.mark.parametrize(
    ("frozen_epochs", "changes_in"), [(0, 1), (1, 2), (2, None), ("all", None)]
)
def test_a_table_is_frozen_for_its_epochs_also_when_resumed(
    cfg, tmp_path, frozen_epochs, changes_in
):
    cfg.embedding.frozen_epochs = frozen_epochs
    before, after = train(cfg, tmp_path, epochs=1)
    assert torch.equal(before, after) == (changes_in != 1)
    last = tmp_path / "checkpoints" / "last.ckpt"
    before, after = train(cfg, tmp_path, epochs=2, resume=last)
    assert torch.equal(before, after) == (changes_in is None)
    assert after[0].abs().max() == 0
