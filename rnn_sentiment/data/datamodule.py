"""The LightningDataModule: from a source's name to padded, masked, length-bucketed batches."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from lightning import LightningDataModule
from pydantic import ConfigDict, Field, PositiveInt, validate_call
from torch.utils.data import DataLoader

from rnn_sentiment.data import sources
from rnn_sentiment.data.batches import Batch, BucketBatchSampler, TokenDataset, Truncation
from rnn_sentiment.data.corpus import IMDB, Fingerprint
from rnn_sentiment.data.store import TokenSplit, TokenStore, open_or_build
from rnn_sentiment.data.tokenizer import WordTokenizer
from rnn_sentiment.errors import UserError

log = logging.getLogger(__name__)

Source = Literal["auto", "hub", "path", "demo"]


class ReviewDataModule(LightningDataModule):
    """Labelled reviews as batches of token ids.

    Args:
        tokenizer: how texts become ids.
        source: `hub` streams stanfordnlp/imdb, `path` reads a local folder in the Hub's layout,
            `demo` generates the demo corpus, `auto` takes the path if one is given, else what is
            cached or the Hub has, else falls back to the demo corpus (see `fallback`).
        path: the folder that `path` and `auto` read.
        fingerprint: `imdb` refuses any corpus but IMDB's standard split; None takes what comes.
        cache: where fetched corpora and token stores are kept.
        batch_size: reviews of a training batch, over all processes.
        eval_batch_size: reviews of an evaluation batch, over all processes.
        max_length: tokens of a review that are read.
        truncation: which tokens of a longer review those are: `head`, `tail` or `head_tail`.
        validation_fraction: share of the train part held out, chosen by a hash of the text.
        seed: decides the order of training batches.
        demo_sizes: train and test reviews of the demo corpus.
    """

    @validate_call(config=ConfigDict(arbitrary_types_allowed=True))
    def __init__(
        self,
        tokenizer: WordTokenizer,
        source: Source = "auto",
        path: str | None = None,
        fingerprint: Literal["imdb"] | None = "imdb",
        cache: str = "~/.cache/rnn_sentiment",
        batch_size: PositiveInt = 64,
        eval_batch_size: PositiveInt = 256,
        max_length: PositiveInt = 500,
        truncation: Truncation = "head_tail",
        validation_fraction: Annotated[float, Field(gt=0, lt=1)] = 0.1,
        seed: int = 1,
        demo_sizes: tuple[PositiveInt, PositiveInt] = (5_000, 2_000),
    ) -> None:
        super().__init__()
        if source == "path" and path is None:
            raise ValueError("source=path needs data.path=FOLDER, a folder in the Hub's layout")
        self.tokenizer = tokenizer
        self.source: str = "path" if source == "auto" and path is not None else source
        self.path = path
        self.expected = IMDB if fingerprint == "imdb" else None
        self.cache = Path(cache).expanduser()
        self.batch_size = batch_size
        self.eval_batch_size = eval_batch_size
        self.max_length = max_length
        self.truncation = truncation
        self.validation_fraction = validation_fraction
        self.seed = seed
        self.demo_sizes = demo_sizes
        self.fallback: str | None = None
        self.store: TokenStore | None = None

    def prepare_data(self) -> None:
        """Find the corpus and its token store, fetching and building what is missing."""
        if self.store is not None:
            return
        if self.source == "auto":
            try:
                self.store = self._hub_store()
                self.source = "hub"
            except UserError as error:
                self.fallback = str(error)
                self.source = "demo"
        if self.source == "hub":
            self.store = self.store or self._hub_store()
        elif self.source == "path":
            assert self.path is not None
            self.store = self._folder_store(Path(self.path).expanduser(), self.expected)
        elif self.source == "demo":
            folder = sources.write_demo(self.cache, *self.demo_sizes, seed=0)
            self.store = self._folder_store(folder, None)

    def _hub_store(self) -> TokenStore:
        # A run whose store exists needs neither the network nor the texts.
        store = open_or_build(self.cache, IMDB, self.tokenizer, corpus=None)
        return store or self._folder_store(sources.fetch_hub(self.cache), IMDB)

    def _folder_store(self, folder: Path, expected: Fingerprint | None) -> TokenStore:
        found = sources.fingerprint(folder, self.cache)
        if expected is not None and (differences := found.differences(expected)):
            raise UserError(
                f"{folder} is not IMDB's standard split: {'; '.join(differences)}; give the "
                "whole corpus, or data.fingerprint=null to train on this one"
            )
        store = open_or_build(self.cache, found, self.tokenizer, corpus=folder)
        assert store is not None
        return store

    def setup(self, stage: str | None = None) -> None:
        """Split train from validation and log what will be read."""
        self.prepare_data()
        assert self.store is not None
        train = self.store.train
        held_out = train.hashes < np.uint64(self.validation_fraction * 2.0**64)
        if held_out.all() or not held_out.any():
            raise UserError(
                f"data.validation_fraction={self.validation_fraction} of {len(held_out)} reviews "
                "leaves no review to train on or to validate on; change it or give more reviews"
            )
        self.train_set = self._dataset(train, np.flatnonzero(~held_out))
        self.validation_set = self._dataset(train, np.flatnonzero(held_out))
        self.test_set = self._dataset(self.store.test, np.arange(len(self.store.test.labels)))

    def _dataset(self, split: TokenSplit, rows: np.ndarray) -> TokenDataset:
        return TokenDataset(split, rows, self.max_length, self.truncation)

    def describe(self) -> dict[str, Any]:
        """What was read, for the log and `results.json`."""
        assert self.store is not None
        sets = {
            "train": self.train_set,
            "validation": self.validation_set,
            "test": self.test_set,
        }
        return {
            "source": self.source,
            "fingerprint": str(self.store.fingerprint),
            "sizes": {name: len(rows) for name, rows in sets.items()},
            "truncated_share": {
                name: float((rows.full_lengths > self.max_length).mean())
                for name, rows in sets.items()
            },
            "unknown_share": self.store.unknown_share,
            "vocabulary_size": len(self.store.vocabulary),
        }

    def train_dataloader(self) -> DataLoader[Batch]:
        """Training batches in a random order of their own in every epoch."""
        return self._loader(self.train_set, self.batch_size, shuffle=True)

    def val_dataloader(self) -> DataLoader[Batch]:
        """Validation batches, in a fixed order."""
        return self._loader(self.validation_set, self.eval_batch_size, shuffle=False)

    def test_dataloader(self) -> DataLoader[Batch]:
        """Test batches, in a fixed order."""
        return self._loader(self.test_set, self.eval_batch_size, shuffle=False)

    def _loader(self, rows: TokenDataset, batch_size: int, shuffle: bool) -> DataLoader[Batch]:
        rank, world_size = 0, 1
        if self.trainer is not None:
            rank, world_size = self.trainer.global_rank, self.trainer.world_size
        sampler = BucketBatchSampler(
            rows.lengths, batch_size, shuffle, self.seed, rank=rank, world_size=world_size
        )
        # Batches come ready from memory-mapped arrays: worker processes would only add copies.
        return DataLoader(rows, sampler=sampler, batch_size=None)
