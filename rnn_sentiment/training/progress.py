"""Progress of a run: a bar in a terminal, an occasional line elsewhere."""

from __future__ import annotations

import logging
import time
from datetime import timedelta
from typing import Any

from lightning import LightningModule, Trainer
from lightning.pytorch.callbacks import ProgressBar
from pydantic import NonNegativeInt, validate_call
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from rnn_sentiment.bars import EVERY, is_watched
from rnn_sentiment.percentages import percentage

WIDTH = 20  # columns of the bar

log = logging.getLogger(__name__)


def make_bar(transient: bool = False) -> Progress:
    """Make a bar whose tasks have the fields `left` and `metrics`.

    Args:
        transient: whether the bar disappears when it stops.
    """
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(WIDTH),
        TextColumn("{task.fields[left]}"),
        TextColumn("[dim]{task.fields[metrics]}"),
        console=Console(stderr=True, force_terminal=True),
        auto_refresh=False,  # a drawing thread could hold a lock when workers are forked
        transient=transient,
    )


class RunProgressBar(ProgressBar):
    """The progress bar of a run, with the time left until its last epoch ends.

    Where standard error is not a terminal, such as in a log file or a batch job, a line is printed
    every half minute instead.

    Args:
        refresh_rate: number of batches between redraws; 0 shows nothing.
    """

    @validate_call
    def __init__(self, refresh_rate: NonNegativeInt = 5) -> None:
        super().__init__()
        self.refresh_rate = refresh_rate
        self.enabled = refresh_rate > 0
        self.bar: Progress | None = None

    def disable(self) -> None:
        """Hide the bar, as in all processes but the first."""
        self.enabled = False

    def enable(self) -> None:
        """Show the bar again."""
        self.enabled = True

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Start the clock, ignoring the steps that a resumed run did earlier."""
        self.started = self.told = time.monotonic()
        self.first_step = trainer.global_step
        if not (self.enabled and is_watched()):
            return
        self.bar = make_bar()
        self.bar.start()
        self.bar.add_task("", total=self.num_steps(trainer), left="", metrics="")
        self.draw(trainer, pl_module)

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Draw the bar, or print a line if one is due."""
        if not self.enabled:
            return
        if self.bar is not None:
            if (batch_idx + 1) % self.refresh_rate == 0:
                self.draw(trainer, pl_module)
            return
        if time.monotonic() - self.told < EVERY:
            return
        self.told = time.monotonic()
        parts = [self.shown(trainer, pl_module)]
        if left := self.left(trainer):
            parts.append(f"left {left}")
        log.info(
            "epoch %d of %s, %s: %s",
            trainer.current_epoch + 1,
            trainer.max_epochs,
            percentage((batch_idx + 1) / trainer.num_training_batches, 0),
            ", ".join(filter(None, parts)),
        )

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Show that validation is running."""
        self.draw(trainer, pl_module, ", validation")

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Show the scores of the epoch."""
        self.draw(trainer, pl_module)

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Leave the bar as it is."""
        self.stop()

    def on_exception(
        self, trainer: Trainer, pl_module: LightningModule, exception: BaseException
    ) -> None:
        """Leave the bar as it is; the error is printed below."""
        self.stop()

    def stop(self) -> None:
        """Stop the bar and release the terminal."""
        if self.bar is not None:
            self.bar.stop()
            self.bar = None

    def draw(self, trainer: Trainer, pl_module: LightningModule, doing: str = "") -> None:
        """Draw the bar, if there is one."""
        if self.bar is None:
            return
        epoch = f"epoch {trainer.current_epoch + 1} of {trainer.max_epochs}{doing}"
        share = trainer.global_step / self.num_steps(trainer)
        left = f"{percentage(share, 0)}, {self.left(trainer) or '?'} left"
        metrics = self.shown(trainer, pl_module)
        room = self.bar.console.width - len(epoch) - WIDTH - len(left) - 4  # and spaces between
        self.bar.update(
            self.bar.task_ids[0],
            description=epoch,
            completed=trainer.global_step,
            left=left,
            metrics=metrics if len(metrics) < room else f"{metrics[: max(room - 1, 0)]}…",
            refresh=True,
        )

    def shown(self, trainer: Trainer, pl_module: LightningModule) -> str:
        """The metrics in one line, validation first, since a narrow terminal cuts the end."""
        found = self.get_metrics(trainer, pl_module)
        return ", ".join(f"{name} {found[name]:.3f}" for name in reversed(found))

    def get_metrics(self, trainer: Trainer, pl_module: LightningModule) -> dict[str, Any]:
        """The metrics to show."""
        shown: dict[str, Any] = super().get_metrics(trainer, pl_module)
        shown.pop("v_num", None)
        return shown

    def left(self, trainer: Trainer) -> str | None:
        """The time left until the last epoch ends; None before the first step."""
        done = trainer.global_step - self.first_step
        if not done:
            return None
        seconds = (time.monotonic() - self.started) / done
        seconds *= self.num_steps(trainer) - trainer.global_step
        return str(timedelta(seconds=round(seconds)))

    def num_steps(self, trainer: Trainer) -> int:
        """The total number of steps of a run."""
        return int(trainer.estimated_stepping_batches)
