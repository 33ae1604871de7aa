"""The LightningDataModule: from a source of texts to padded, masked, length-bucketed batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Literal

import numpy as np
from lightning import LightningDataModule
from pydantic import ConfigDict, NonNegativeInt, PositiveInt, validate_call
from torch.utils.data import DataLoader

from rnn_sentiment.data.batches import BucketBatchSampler, TokenDataset
from rnn_sentiment.data.corpus import Corpus
from rnn_sentiment.data.fingerprint import IMDB
from rnn_sentiment.data.loaders import Loader, Loaders, Rows
from rnn_sentiment.data.preparing import prepare
from rnn_sentiment.data.reading import Reading
from rnn_sentiment.data.rows import TokenSplit
from rnn_sentiment.data.sources.source import Source
from rnn_sentiment.data.splits import Splits
from rnn_sentiment.data.store import Index
from rnn_sentiment.data.stored_tokenizer import StoredTokenizer
from rnn_sentiment.data.streaming import StreamedRows, StreamLoader
from rnn_sentiment.data.tokenizer import Tokenizer
from rnn_sentiment.data.unlabelled import Unlabelled, gather
from rnn_sentiment.data.unlabelled_store import open_or_write
from rnn_sentiment.errors import UserError
from rnn_sentiment.outcome import Outcome, outcome_of
from rnn_sentiment.storage import printable
from rnn_sentiment.types import Batch, BatchWithUnlabelled


class ReviewDataModule(LightningDataModule):
    """Labelled texts as batches of token ids.

    Args:
        tokenizer: how texts become ids.
        source: where the texts come from; after `prepare_data`, the source that was used.
        reading: which tokens of a text are read, and how.
        splits: which rows are for training, validation and test.
        cache: where fetched corpora and token stores are kept.
        batch_size: reviews in a training batch, over all processes.
        eval_batch_size: reviews in an evaluation batch, over all processes, on average: all have
            equally many tokens, so that none needs much more memory than the others.
        batch_by: `tokens` also gives training batches equally many tokens; `rows`, reviews.
        bucketed: train on batches of similar length; False on random ones, where half of the
            steps are padding.
        streaming: read and tokenise the texts in every epoch, beside training, instead of
            keeping them as tokens on disk.
        num_workers: processes that read and tokenise them.
        seed: decides the order of training batches.
        unlabelled: a file or folder with further texts, for learning without labels.
        unlabelled_batch_size: unlabelled texts that come with every training batch, over all
            processes.
    """

    @validate_call(config=ConfigDict(arbitrary_types_allowed=True))
    def __init__(
        self,
        tokenizer: Tokenizer,
        source: Source,
        reading: Reading,
        splits: Splits,
        cache: str = "~/.cache/rnn_sentiment",
        batch_size: PositiveInt = 64,
        eval_batch_size: PositiveInt = 128,
        batch_by: Literal["rows", "tokens"] = "rows",
        bucketed: bool = True,
        streaming: bool = False,
        num_workers: NonNegativeInt = 1,
        seed: NonNegativeInt = 1,
        unlabelled: str | None = None,
        unlabelled_batch_size: NonNegativeInt = 0,
    ) -> None:
        super().__init__()
        self.tokenizer = tokenizer
        self.source = source
        self.reading = reading
        self.splits = splits
        self.cache = Path(cache).expanduser()
        self.batch_size = batch_size
        self.eval_batch_size = eval_batch_size
        self.batch_by = batch_by
        self.bucketed = bucketed
        self.streaming = streaming
        self.num_workers = num_workers
        self.seed = seed
        self.unlabelled = unlabelled
        self.unlabelled_batch_size = unlabelled_batch_size
        if streaming and unlabelled_batch_size:
            raise UserError(
                "data.streaming=true: unlabelled texts are read from stored tokens; leave it out, "
                "or give data.unlabelled_batch_size=0"
            )
        self.corpus: Corpus | None = None
        self.further = Unlabelled(())  # the unlabelled texts that are read
        self.store: Index | None = None  # a TokenStore unless streaming
        self.labels: tuple[str, ...] = ()
        self.several = False  # labels of a text
        self.held_out: list[str] = []  # parts that are cut off the train part

    def prepare_data(self) -> None:
        """Find the corpus and its token store, fetching and building what is missing.

        Raises:
            UserError: the corpus is not available, is malformed, or is not the expected one.
        """
        if self.store is not None:
            return
        if self.unlabelled_batch_size and self.corpus is None:
            self.corpus, self.source = self.source.open(self.cache)
        found = prepare(self.source, self.cache, self.tokenizer, self.streaming, self.corpus)
        self.store, self.source, self.corpus, self.labels, self.several = found

    def setup(self, stage: str | None = None) -> None:
        """Choose the rows of training, validation and test.

        Raises:
            UserError: one of them would be empty, or training would see a single class.
        """
        self.prepare_data()
        assert self.store is not None
        if self.several and self.splits.stratified:
            raise UserError(
                "data.stratified=true: a text with several labels has no single class to stratify "
                "by; give data.stratified=false"
            )
        rows = self.splits(self.store.parts)
        self.held_out = [n for n, (part, _) in rows.items() if n != "train" and part == "train"]
        self.train_set, self.validation_set, self.test_set = (
            self._rows(*rows[name]) for name in ("train", "validation", "test")
        )
        if self.unlabelled_batch_size:
            self.unlabelled_set = self._unlabelled_rows()

    def _rows(self, part: str, rows: np.ndarray) -> Rows:
        assert self.store is not None
        found = self.store.parts[part]
        if isinstance(found, TokenSplit):
            return TokenDataset(found, rows, self.reading)
        assert self.corpus is not None
        return StreamedRows(self.corpus, part, found, rows)

    def _unlabelled_rows(self) -> TokenDataset:
        self.further = self.unlabelled_texts()
        if not len(self.further):
            raise UserError(
                f"data.unlabelled_batch_size={self.unlabelled_batch_size}: the corpus has no part "
                "`unsupervised`; give data.unlabelled=FILE, a file or folder of unlabelled texts"
            )
        assert self.store is not None
        split = open_or_write(self.cache, self.further, self.store.tokenizer_file)
        return TokenDataset(split, self.not_held_out(split.hashes), self.reading)

    def state_dict(self) -> dict[str, Any]:
        """Which unlabelled texts are read, for checkpoints."""
        return {"unlabelled": self.further.digests}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Compare the unlabelled texts with those of the run that is resumed.

        Raises:
            UserError: they have changed.
        """
        if state_dict != self.state_dict():
            raise UserError(
                "the unlabelled texts are not those that this run has read; restore them, or "
                "start a new run"
            )

    def not_held_out(self, hashes: np.ndarray) -> np.ndarray:
        """The positions, among hashes of texts, of those outside the validation and test parts."""
        held_out = np.concatenate([self.validation_set.hashes, self.test_set.hashes])
        return np.flatnonzero(~np.isin(hashes, held_out))

    @property
    def outcome(self) -> Outcome:
        """What is predicted: one of the classes, or any of the labels."""
        return outcome_of(len(self.labels), self.several)

    @property
    def known_beforehand(self) -> list[str]:
        """The held-out parts whose texts the vocabulary was also learned on."""
        return [] if isinstance(self.tokenizer, StoredTokenizer) else self.held_out

    @property
    def vocabulary_source(self) -> str | None:
        """A note if the vocabulary was learned on held-out rows, too."""
        if not self.known_beforehand:
            return None
        return (
            "the vocabulary was learned on the whole train part, "
            f"{' and '.join(self.known_beforehand)} included: "
            "fewer of their tokens are unknown than of new texts"
        )

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

    def unlabelled_texts(self) -> Unlabelled:
        """The unlabelled texts of the corpus, and further ones that were given.

        Raises:
            UserError: they cannot be read, or lie on the Hub, which cannot be reached.
        """
        return gather(self.source, self.corpus, self.unlabelled, self.cache)

    @property
    def title(self) -> str:
        """The name of the corpus: IMDB, or that of its file, folder or data set."""
        assert self.store is not None
        return printable("IMDB" if self.store.fingerprint == IMDB else self.source.title)

    def describe(self) -> dict[str, Any]:
        """What was read, for the log and `results.json`."""
        assert self.store is not None
        sets = {
            "train": self.train_set,
            "validation": self.validation_set,
            "test": self.test_set,
        }
        max_length = self.reading.max_length
        return {
            "source": self.source.kind,
            "title": self.title,
            "fingerprint": str(self.store.fingerprint),
            "labels": list(self.labels),
            "several": self.several,
            "sizes": {name: len(rows) for name, rows in sets.items()},
            "batch_size": self.batch_size,
            "validated_on": self.splits.validate_on,
            "deduplicated": self.splits.deduplicate,
            "folded": self.splits.folded(self.store.parts),
            "streaming": self.streaming,
            "truncated_share": {
                name: rows.truncated_share(max_length) for name, rows in sets.items()
            },
            "unknown_share": {name: rows.unknown_share() for name, rows in sets.items()},
            "known_beforehand": self.known_beforehand,
            "vocabulary_size": len(self.store.vocabulary),
        }

    def train_dataloader(self) -> Loader | DataLoader[BatchWithUnlabelled]:
        """Training batches, in a new random order every epoch."""
        if not self.unlabelled_batch_size:
            return self._loaders.training(self.train_set, self.batch_size)
        assert isinstance(self.train_set, TokenDataset)
        more = self.unlabelled_set, self.unlabelled_batch_size
        return self._loaders.training_with(*more, self.train_set, self.batch_size)

    def train_batches(self) -> Iterable[Batch]:
        """Every training row once, in a fixed order, in batches for evaluation."""
        return self._loaders.evaluation(self.train_set, self.eval_batch_size)

    def train_sample(self, size: int) -> Loader | None:
        """Batches of a fixed sample of the training rows, to score; None when streaming."""
        if not isinstance(self.train_set, TokenDataset):
            return None
        rows = self.train_set.rows
        chosen = rows[np.linspace(0, len(rows) - 1, min(size, len(rows))).astype(int)]
        sample = TokenDataset(self.train_set.split, chosen, self.reading)
        return self._loaders.evaluation(sample, self.eval_batch_size)

    def val_dataloader(self) -> Loader:
        """Validation batches, in a fixed order."""
        return self._loaders.evaluation(self.validation_set, self.eval_batch_size)

    def test_dataloader(self) -> Loader:
        """Test batches, in a fixed order."""
        return self._loaders.evaluation(self.test_set, self.eval_batch_size)

    @staticmethod
    def batches(loader: Loader) -> list[np.ndarray]:
        """The batches of the last pass of a loader, as positions among its rows."""
        if isinstance(loader, StreamLoader):
            return loader.order
        assert isinstance(loader.sampler, BucketBatchSampler)
        return loader.sampler.batches()

    @property
    def _loaders(self) -> Loaders:
        rank, world_size = 0, 1
        if self.trainer is not None:
            rank, world_size = self.trainer.global_rank, self.trainer.world_size
        assert self.store is not None
        by_tokens = self.batch_by == "tokens"
        return Loaders(
            self.reading, self.store.tokenizer_file, self.seed, self.bucketed, by_tokens,
            self.num_workers, rank, world_size,
        )  # fmt: skip
