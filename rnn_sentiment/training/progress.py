"""A progress bar that tells how long the whole run will take."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

from lightning import LightningModule, Trainer
from lightning.pytorch.callbacks import TQDMProgressBar


class RunProgressBar(TQDMProgressBar):
    """The bar of an epoch, with the time left until the last epoch ends, in hours and minutes."""

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Start the clock; a resumed run has steps behind it that took no time now."""
        super().on_train_start(trainer, pl_module)
        self.started, self.first_step = time.monotonic(), trainer.global_step

    def get_metrics(self, trainer: Trainer, pl_module: LightningModule) -> dict[str, Any]:
        """What the bar shows, and the time left."""
        shown: dict[str, Any] = super().get_metrics(trainer, pl_module)
        shown.pop("v_num", None)
        done = trainer.global_step - self.first_step
        if done:
            left = int(trainer.estimated_stepping_batches) - trainer.global_step
            seconds = (time.monotonic() - self.started) / done * left
            shown["left"] = str(timedelta(seconds=round(seconds)))
        return shown
