"""How far the scoring of a part is, drawn as the bar of a run."""

from __future__ import annotations

from typing import Any

from lightning import LightningModule, Trainer
from lightning.pytorch.callbacks import ProgressBar

from rnn_sentiment.percentages import percentage
from rnn_sentiment.training.progress import make_bar

REFRESH = 5  # batches from one drawing to the next


class ScoringBar(ProgressBar):
    """The bar while a part is scored; it goes when that is done.

    Args:
        part: what is scored.
    """

    def __init__(self, part: str) -> None:
        super().__init__()
        self.part = part
        self.bar = make_bar(transient=True)

    def on_predict_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Draw it empty."""
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
        """Draw it a little fuller."""
        if (batch_idx + 1) % REFRESH == 0:
            share = (batch_idx + 1) / trainer.num_predict_batches[0]
            self.bar.update(
                self.bar.task_ids[0], completed=batch_idx + 1, left=percentage(share, 0),
                refresh=True,
            )  # fmt: skip

    def on_predict_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Take it away."""
        self.bar.stop()

    def on_exception(
        self, trainer: Trainer, pl_module: LightningModule, exception: BaseException
    ) -> None:
        """Take it away; what went wrong comes below."""
        self.bar.stop()
