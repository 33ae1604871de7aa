"""The LightningDataModule of a language model: windows of streams of texts."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import torch
from pydantic import ConfigDict, PositiveInt, validate_call
from torch.utils.data import DataLoader

from rnn_sentiment.data.batches import TokenDataset
from rnn_sentiment.data.datamodule import ReviewDataModule
from rnn_sentiment.data.unlabelled_store import open_or_write
from rnn_sentiment.errors import UserError
from rnn_sentiment.pretraining.streams import InOrder, Texts, Window, Windows
from rnn_sentiment.pretraining.vocabulary import WithUnlabelled

FEWEST_STEPS = 100  # steps of an epoch below which fewer streams are used
Direction = Literal["forward", "backward"]


class StreamDataModule(ReviewDataModule):
    """Complete texts without labels, in streams that are read in parallel.

    Training reads the train part, without what is held out for validation, and the unlabelled
    texts; texts that are also in the validation or test part are left out. Validation reads the
    validation part.

    Args:
        direction: whether texts are read from their first or from their last token.
        num_steps: number of tokens in a window, through which gradients are propagated.
        settings: settings of a `ReviewDataModule`; `batch_size` and `eval_batch_size` are numbers
            of parallel streams, over all processes; training uses fewer if an epoch would otherwise
            have less than `FEWEST_STEPS` steps.
    """

    @validate_call(config=ConfigDict(arbitrary_types_allowed=True))
    def __init__(
        self, direction: Direction = "forward", num_steps: PositiveInt = 64, **settings: Any
    ) -> None:
        super().__init__(**settings)
        if self.streaming:
            raise UserError(
                "data.streaming=true: a language model reads stored tokens; leave it out"
            )
        self.direction = direction
        self.num_steps = num_steps

    def prepare_data(self) -> None:
        """Find the corpus, learn the vocabulary from all its texts, and tokenise them.

        Raises:
            UserError: as in `ReviewDataModule.prepare_data`.
        """
        if self.store is not None:
            return
        self.corpus, self.source = self.source.open(self.cache)
        self.further = self.unlabelled_texts()
        self.tokenizer = WithUnlabelled(self.tokenizer, self.further)
        super().prepare_data()

    def setup(self, stage: str | None = None) -> None:
        """Choose the texts of training and validation.

        Raises:
            UserError: one of the two would be empty.
        """
        super().setup(stage)
        assert self.store is not None
        train = self.train_set
        assert isinstance(train, TokenDataset)
        assert isinstance(self.validation_set, TokenDataset)
        parts = [(train.split, train.rows[self.not_held_out(train.hashes)])]
        if len(self.further):
            further = open_or_write(self.cache, self.further, self.store.tokenizer_file)
            parts.append((further, self.not_held_out(further.hashes)))
        backward = self.direction == "backward"
        self.train_texts = Texts(parts, backward)
        held = [(self.validation_set.split, self.validation_set.rows)]
        self.validation_texts = Texts(held, backward)

    @property
    def num_streams(self) -> int:
        """Number of training streams: fewer than requested if an epoch would have too few steps."""
        windows = int(self.train_texts.num_windows(self.num_steps).sum())
        return max(1, min(self.batch_size, windows // FEWEST_STEPS))

    def counts(self) -> np.ndarray:
        """How often each id of the vocabulary occurs in the training texts, (V,) int64."""
        return self.train_texts.counts(len(self.vocabulary))

    def describe(self) -> dict[str, Any]:
        """Describe the data for the log and `results.json`."""
        texts = {"train": self.train_texts, "validation": self.validation_texts}
        return {
            **super().describe(),
            "truncated_share": {},
            "direction": self.direction,
            "streams": self.num_streams,
            "texts": {name: len(found.lengths) for name, found in texts.items()},
            "tokens": {name: int(found.lengths.sum()) for name, found in texts.items()},
        }

    def train_dataloader(self) -> DataLoader[Window]:  # type: ignore[override]
        """Windows of the training streams, with texts in a new order every epoch."""
        return self._windows(self.train_texts, self.num_streams, self.seed)

    def val_dataloader(self) -> DataLoader[Window]:  # type: ignore[override]
        """Windows of the validation streams, always in the same order."""
        num_streams = min(self.eval_batch_size, len(self.validation_texts.lengths))
        return self._windows(self.validation_texts, num_streams, None)

    def _windows(self, texts: Texts, num_streams: int, seed: int | None) -> DataLoader[Window]:
        rank, world_size = 0, 1
        if self.trainer is not None:
            rank, world_size = self.trainer.global_rank, self.trainer.world_size
        windows = Windows(texts, num_streams, self.num_steps, seed, rank, world_size)
        # Without its own generator, a loader draws from torch's global one.
        return DataLoader(
            windows, sampler=InOrder(windows), batch_size=None, generator=torch.Generator()
        )
