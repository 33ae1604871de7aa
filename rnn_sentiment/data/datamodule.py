"""The LightningDataModule: from a source's name to padded, masked, length-bucketed batches."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from lightning import LightningDataModule
from pydantic import ConfigDict, Field, NonNegativeInt, PositiveInt, validate_call
from torch.utils.data import DataLoader

from rnn_sentiment.data.batches import (
    BucketBatchSampler,
    Padding,
    Reading,
    TokenDataset,
    Truncation,
)
from rnn_sentiment.data.corpus import IMDB, Corpus, Fingerprint
from rnn_sentiment.data.sources import opening as sources
from rnn_sentiment.data.sources.demo import LABELS as DEMO_LABELS
from rnn_sentiment.data.sources.hub import HubDataset
from rnn_sentiment.data.splits import choose, split_rows
from rnn_sentiment.data.store import Index, TokenSplit, open_or_build, open_or_build_index
from rnn_sentiment.data.streaming import StreamedRows, StreamLoader
from rnn_sentiment.data.tokenizer import Tokenizer
from rnn_sentiment.errors import UserError
from rnn_sentiment.types import Batch, Fraction

log = logging.getLogger(__name__)

Rows = TokenDataset | StreamedRows
Loader = DataLoader[Batch] | StreamLoader
Source = Literal["auto", "hub", "path", "demo"]


class ReviewDataModule(LightningDataModule):
    """Labelled texts as batches of token ids.

    Args:
        tokenizer: how texts become ids.
        source: `hub` streams a data set of the Hub, `path` reads files of your own, `demo`
            generates the demo corpus, `auto` takes the path if one is given, else what is cached
            or the Hub has, else falls back to the demo corpus (see `fallback`).
        path: the file or folder that `path` and `auto` read.
        name, subset: the data set that `hub` and `auto` stream, and its configuration if it has
            several.
        text_column, label_column: where text and class stand.
        labels: the names of the classes in order; None takes them from the data.
        fingerprint: `imdb` refuses any corpus but IMDB's standard split; None takes what comes.
        cache: where fetched corpora and token stores are kept.
        batch_size: reviews of a training batch, over all processes.
        bucketed: train on batches of similar length; False on random ones, where half of the
            steps are padding.
        eval_batch_size: reviews of an evaluation batch, over all processes.
        max_length: tokens of a review that are read.
        truncation: which tokens of a longer review those are: `head`, `tail` or `head_tail`.
        masked: False fills every review to `max_length` with padding that the encoder reads like
            words, as models without masks do.
        padding: whether padding then stands behind the words (`post`) or in front of them (`pre`);
            under a mask it is never read, wherever it stands.
        shuffle_words: read the words of each review in a random order, the same in every epoch,
            which (seed, text) decide; in all parts.
        validation_fraction: share of the train part held out, chosen by a hash of the text, where
            the corpus has no validation part.
        test_fraction: the same for a missing test part.
        train_size: train on this many rows of the train part, chosen by (seed, hash of the text);
            a smaller choice is part of a larger one. None takes all.
        validate_on: `test` trains on the rows that `validation` holds out too, and lets the test
            part choose the best epoch, as lectures often do: its test scores are too good.
        deduplicate: leave out rows of the train part whose text stands in the test part.
        streaming: read and tokenise the texts anew in every epoch, beside training, instead of
            keeping them as tokens on disk.
        num_workers: processes that do so.
        seed: decides the order of training batches.
        demo_sizes: train and test reviews of the demo corpus.
        demo_batch_size: `batch_size` where `auto` falls back to that small corpus, which needs
            more steps.
    """

    @validate_call(config=ConfigDict(arbitrary_types_allowed=True))
    def __init__(
        self,
        tokenizer: Tokenizer,
        source: Source = "auto",
        path: str | None = None,
        name: str = "stanfordnlp/imdb",
        subset: str | None = None,
        text_column: str = "text",
        label_column: str = "label",
        labels: Annotated[list[str], Field(min_length=2)] | None = None,
        fingerprint: Literal["imdb"] | None = "imdb",
        cache: str = "~/.cache/rnn_sentiment",
        batch_size: PositiveInt = 64,
        bucketed: bool = True,
        eval_batch_size: PositiveInt = 256,
        max_length: PositiveInt = 500,
        truncation: Truncation = "head_tail",
        masked: bool = True,
        padding: Padding = "post",
        shuffle_words: bool = False,
        validation_fraction: Fraction = 0.1,
        test_fraction: Fraction = 0.2,
        train_size: PositiveInt | None = None,
        validate_on: Literal["validation", "test"] = "validation",
        deduplicate: bool = False,
        streaming: bool = False,
        num_workers: NonNegativeInt = 1,
        seed: int = 1,
        demo_sizes: tuple[PositiveInt, PositiveInt] = (5_000, 2_000),
        demo_batch_size: PositiveInt = 16,
    ) -> None:
        super().__init__()
        if source == "path" and path is None:
            raise ValueError("source=path needs data.path=FILE_OR_FOLDER")
        if labels is not None and len(set(labels)) < len(labels):
            raise ValueError(f"labels={labels} names a class twice")
        if validation_fraction + test_fraction >= 1:
            raise ValueError("validation_fraction + test_fraction leave nothing to train on")
        self.tokenizer = tokenizer
        self.source: str = "path" if source == "auto" and path is not None else source
        self.path = path
        self.hub_dataset = HubDataset(name, subset, text_column, label_column)
        self.declared_labels = None if labels is None else tuple(labels)
        self.expected = IMDB if fingerprint == "imdb" else None
        self.cache = Path(cache).expanduser()
        self.batch_size = batch_size
        self.bucketed = bucketed
        self.eval_batch_size = eval_batch_size
        self.max_length = max_length
        self.reading = Reading(
            max_length, truncation, seed if shuffle_words else None, None if masked else padding
        )
        self.validation_fraction = validation_fraction
        self.test_fraction = test_fraction
        self.train_size = train_size
        self.validate_on = validate_on
        self.deduplicate = deduplicate
        self.streaming = streaming
        self.num_workers = num_workers
        self.seed = seed
        self.demo_sizes = demo_sizes
        self.demo_batch_size = demo_batch_size
        self.fallback: str | None = None
        self.corpus: Corpus | None = None
        self.store: Index | None = None  # a TokenStore unless streaming
        self.labels: tuple[str, ...] = ()

    def prepare_data(self) -> None:
        """Find the corpus and its token store, fetching and building what is missing.

        Raises:
            UserError: the corpus cannot be had, is malformed, or is not the expected one.
        """
        if self.store is not None:
            return
        if self.source == "auto":
            try:
                self._open_hub()
                self.source = "hub"
            except UserError as error:
                self.fallback = str(error)
                self.source = "demo"
                self.batch_size = self.demo_batch_size
        elif self.source == "hub":
            self._open_hub()
        elif self.source == "path":
            assert self.path is not None
            dataset = self.hub_dataset
            self._open(
                sources.path_corpus(
                    Path(self.path).expanduser(),
                    self.cache,
                    dataset.text_column,
                    dataset.label_column,
                    self.declared_labels,
                ),
                self.expected,
            )
        if self.source == "demo":
            self._open(sources.demo_corpus(self.cache, *self.demo_sizes, seed=0), None)
            self.labels = DEMO_LABELS

    def _open_hub(self) -> None:
        if self.expected and self.declared_labels and not self.streaming:
            # A run whose store exists needs neither the network nor the texts.
            self.store = open_or_build(self.cache, self.expected, self.tokenizer, corpus=None)
            self.labels = self.declared_labels
        if self.store is None:
            corpus = sources.hub_corpus(self.hub_dataset, self.cache, self.declared_labels)
            self._open(corpus, self.expected)

    def _open(self, corpus: Corpus, expected: Fingerprint | None) -> None:
        found = sources.fingerprint(corpus, self.cache)
        if expected is not None and (differences := found.differences(expected)):
            raise UserError(
                f"{corpus.folder} is not IMDB's standard split: {'; '.join(differences)}; give the "
                "whole corpus, or data.fingerprint=null to train on this one"
            )
        build = open_or_build_index if self.streaming else open_or_build
        self.store = build(self.cache, found, self.tokenizer, corpus)
        self.corpus, self.labels = corpus, corpus.labels

    def setup(self, stage: str | None = None) -> None:
        """Choose the rows of training, validation and test.

        Raises:
            UserError: one of them would be empty, or training would see a single class.
        """
        self.prepare_data()
        assert self.store is not None
        parts = self.store.parts
        held_out = self.validation_fraction if self.validate_on == "validation" else 0.0
        rows = split_rows(parts, held_out, self.test_fraction)
        if self.deduplicate:
            part, chosen = rows["test"]
            test = parts[part].hashes[chosen]
            for name in ("train", "validation"):
                part, chosen = rows[name]
                rows[name] = part, chosen[~np.isin(parts[part].hashes[chosen], test)]
        if self.validate_on == "test":
            rows["validation"] = rows["test"]
        if self.train_size is not None:
            part, chosen = rows["train"]
            if len(chosen) < self.train_size:
                raise UserError(
                    f"data.train_size={self.train_size}: there are {len(chosen):,} reviews to "
                    "train on"
                )
            rows["train"] = part, choose(chosen, parts[part].hashes, self.train_size, self.seed)
        sets = {name: self._rows(part, chosen) for name, (part, chosen) in rows.items()}
        for name, found in sets.items():
            if not len(found):
                raise UserError(
                    f"there is no review left for {name}; change data.validation_fraction="
                    f"{self.validation_fraction} or data.test_fraction={self.test_fraction}, or "
                    "give more reviews"
                )
        if len(np.unique(sets["train"].labels)) < 2:
            raise UserError("the train part has a single class; at least two are needed")
        self.train_set, self.validation_set, self.test_set = (
            sets[name] for name in ("train", "validation", "test")
        )

    def _rows(self, part: str, rows: np.ndarray) -> Rows:
        assert self.store is not None
        found = self.store.parts[part]
        if isinstance(found, TokenSplit):
            return TokenDataset(found, rows, self.reading)
        assert self.corpus is not None
        return StreamedRows(self.corpus, part, found, rows)

    @property
    def vocabulary(self) -> list[str]:
        """Words by id."""
        assert self.store is not None
        return self.store.vocabulary

    def tokens(self, rows: Rows) -> Iterator[np.ndarray]:
        """The tokens of each row, uncut."""
        if isinstance(rows, TokenDataset):
            return rows.tokens()
        assert self.store is not None
        return rows.tokens(self.store.tokenizer_file)

    def unlabelled(self) -> Corpus:
        """A corpus whose part `unsupervised`, which may be empty, belongs to what was set up.

        Raises:
            UserError: it lies on the Hub, which cannot be reached.
        """
        if self.source == "hub":
            folder = sources.fetch_parts(self.hub_dataset, self.cache, ["unsupervised"])
            return Corpus(folder, self.labels)
        assert self.corpus is not None
        return self.corpus

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
            "labels": list(self.labels),
            "sizes": {name: len(rows) for name, rows in sets.items()},
            "batch_size": self.batch_size,
            "validated_on": self.validate_on,
            "deduplicated": self.deduplicate,
            "streaming": self.streaming,
            "truncated_share": {
                name: rows.truncated_share(self.max_length) for name, rows in sets.items()
            },
            "unknown_share": {name: rows.unknown_share() for name, rows in sets.items()},
            "vocabulary_size": len(self.store.vocabulary),
        }

    def train_dataloader(self) -> Loader:
        """Training batches in a random order of their own in every epoch."""
        return self._loader(self.train_set, self.batch_size, shuffle=True)

    def val_dataloader(self) -> Loader:
        """Validation batches, in a fixed order."""
        return self._loader(self.validation_set, self.eval_batch_size, shuffle=False)

    def test_dataloader(self) -> Loader:
        """Test batches, in a fixed order."""
        return self._loader(self.test_set, self.eval_batch_size, shuffle=False)

    @staticmethod
    def batches(loader: Loader) -> list[np.ndarray]:
        """The batches of the last pass of a loader, as positions among its rows."""
        if isinstance(loader, StreamLoader):
            return loader.order
        assert isinstance(loader.sampler, BucketBatchSampler)
        return loader.sampler.batches()

    def _loader(self, rows: Rows, batch_size: int, shuffle: bool) -> Loader:
        bucketed = self.bucketed or not shuffle
        rank, world_size = 0, 1
        if self.trainer is not None:
            rank, world_size = self.trainer.global_rank, self.trainer.world_size
        if isinstance(rows, StreamedRows):
            assert self.store is not None
            return StreamLoader(
                rows, self.store.tokenizer_file, batch_size, self.reading, shuffle, self.seed,
                bucketed, rank, world_size,
                # Evaluation has nothing to do beside reading.
                num_workers=self.num_workers if shuffle else 0,
            )  # fmt: skip
        sampler = BucketBatchSampler(
            rows.lengths, batch_size, shuffle, self.seed, bucketed, rank, world_size
        )
        # Batches come ready from memory-mapped arrays: worker processes would only add copies.
        return DataLoader(rows, sampler=sampler, batch_size=None)
