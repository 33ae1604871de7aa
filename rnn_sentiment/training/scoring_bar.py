"""A progress bar for scoring, in the style of a run's."""

from __future__ import annotations

from typing import Any

from lightning import LightningModule, Trainer
from lightning.pytorch.callbacks import ProgressBar

from rnn_sentiment.percentages import percentage
from rnn_sentiment.training.progress import make_bar

REFRESH = 5  # batches between redraws


class ScoringBar(ProgressBar):
    """The bar while a part is scored; it disappears at the end.

    Args:
        part: the part that is scored.
    """

    def __init__(self, part: str) -> None:
        super().__init__()
        self.part = part
        self.bar = make_bar(transient=True)

    def on_predict_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Draw the empty bar."""
        self.bar.start()
        (total,) = trainer.num_predict_batches
        self.bar.add_task(f"scoring {self.part}", total=total, left="", metrics="")

    def on_predict_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """Advance the bar."""
        if (batch_idx + 1) % REFRESH == 0:
            share = (batch_idx + 1) / trainer.num_predict_batches[0]
            self.bar.update(
                self.bar.task_ids[0], completed=batch_idx + 1, left=percentage(share, 0),
                refresh=True,
            )  # fmt: skip

    def on_predict_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Remove the bar."""
        self.bar.stop()

    def on_exception(
        self, trainer: Trainer, pl_module: LightningModule, exception: BaseException
    ) -> None:
        """Remove the bar; the error is printed below."""
        self.bar.stop()
