"""How far a run is: a bar in a terminal, a line now and then elsewhere."""

from __future__ import annotations

import logging
import sys
import time
from datetime import timedelta
from typing import Any

from lightning import LightningModule, Trainer
from lightning.pytorch.callbacks import TQDMProgressBar

EVERY = 30.0  # seconds from one line to the next

log = logging.getLogger(__name__)


def is_watched() -> bool:
    """Whether a bar that is drawn again and again has a terminal to be drawn on."""
    return sys.stderr.isatty()


class RunProgressBar(TQDMProgressBar):
    """The bar of an epoch, with the time left until the last epoch ends.

    Where standard error is no terminal, as in a file or under a scheduler of jobs, there is a line
    every half minute instead.

    Args:
        refresh_rate: batches from one drawing to the next.
    """

    def __init__(self, refresh_rate: int = 5) -> None:
        super().__init__(refresh_rate=refresh_rate if is_watched() else 0)

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Start the clock; a resumed run has steps behind it that took no time now."""
        super().on_train_start(trainer, pl_module)
        self.started = self.told = time.monotonic()
        self.first_step = trainer.global_step

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Draw the bar, or write the line that is due."""
        super().on_train_batch_end(trainer, pl_module, outputs, batch, batch_idx)
        if is_watched() or not trainer.is_global_zero or time.monotonic() - self.told < EVERY:
            return
        self.told = time.monotonic()
        log.info(
            "epoch %d of %s, %.0f %%: %s",
            trainer.current_epoch + 1,
            trainer.max_epochs,
            100 * (batch_idx + 1) / trainer.num_training_batches,
            ", ".join(f"{k} {v}" for k, v in self.get_metrics(trainer, pl_module).items()),
        )

    def get_metrics(self, trainer: Trainer, pl_module: LightningModule) -> dict[str, Any]:
        """What is shown: the metrics, and the time left."""
        shown: dict[str, Any] = super().get_metrics(trainer, pl_module)
        shown.pop("v_num", None)
        done = trainer.global_step - self.first_step
        if done:
            left = int(trainer.estimated_stepping_batches) - trainer.global_step
            seconds = (time.monotonic() - self.started) / done * left
            shown["left"] = str(timedelta(seconds=round(seconds)))
        return shown
