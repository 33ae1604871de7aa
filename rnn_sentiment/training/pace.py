"""Batch size and number of epochs, chosen by the size of the corpus."""

from __future__ import annotations

import math

from omegaconf import DictConfig, OmegaConf
from pydantic import PositiveInt
from pydantic.dataclasses import dataclass

from rnn_sentiment.configuration import make
from rnn_sentiment.data import ReviewDataModule

SMALLEST = 16  # batch size
MOST_EPOCHS = 30


@dataclass(frozen=True)
class Pace:
    """Batch size and epochs by the number of training texts: the section `pace`.

    Args:
        steps: minimum number of optimizer steps; None uses the other two unchanged.
        batch_size: the largest batch size, used for corpora like IMDB.
        epochs: the minimum number of epochs.
    """

    steps: PositiveInt | None = 800
    batch_size: PositiveInt = 64
    epochs: PositiveInt = 3

    def suited_batch(self, rows: int) -> int:
        """The batch size, halved (down to `SMALLEST`) until `epochs` epochs have enough steps."""
        size = self.batch_size
        while size // 2 >= SMALLEST and self.epochs * math.ceil(rows / size) < (self.steps or 0):
            size //= 2
        return size

    def suited_epochs(self, rows: int, batch_size: int) -> int:
        """The fewest epochs that have enough steps with this batch size, up to `MOST_EPOCHS`."""
        enough = math.ceil((self.steps or 0) / math.ceil(rows / batch_size))
        return max(self.epochs, min(enough, MOST_EPOCHS))


def set_pace(cfg: DictConfig, data: ReviewDataModule) -> str:
    """Set batch size and epochs in a configuration and its data module.

    A batch size or number of epochs set by the user or by an experiment is kept.

    Args:
        cfg: the configuration of a new run.
        data: its data module, after the corpus was read.

    Returns:
        What was chosen and why, in one line; empty for the defaults.
    """
    if cfg.get("pace") is None:
        return ""
    pace: Pace = make(cfg, "pace")
    rows = len(data.train_set)
    chosen = []
    if OmegaConf.is_interpolation(cfg.data, "batch_size"):
        cfg.data.batch_size = data.batch_size = pace.suited_batch(rows)
        if data.batch_size != pace.batch_size:
            chosen.append(f"batches of {data.batch_size}")
    if OmegaConf.is_interpolation(cfg.trainer, "max_epochs"):
        cfg.trainer.max_epochs = pace.suited_epochs(rows, cfg.data.batch_size)
        if cfg.trainer.max_epochs != pace.epochs:
            chosen.append(f"{cfg.trainer.max_epochs} epochs")
    if not chosen:
        return ""
    batches = math.ceil(rows / cfg.data.batch_size)
    steps, wanted = cfg.trainer.max_epochs * batches, pace.steps or 0
    enough = f", which would take {math.ceil(wanted / batches)} epochs" if steps < wanted else ""
    return (
        f"{rows:,} training texts: {' and '.join(chosen)}, for {steps:,} steps; a run needs about "
        f"{wanted:,} (pace.steps){enough}"
    )
