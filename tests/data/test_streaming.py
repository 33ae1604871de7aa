"""Streaming reads what the store holds: the same rows, mixed, shared out, in bounded memory."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from rnn_sentiment.data import ReviewDataModule
from rnn_sentiment.data.streaming import StreamLoader
from rnn_sentiment.errors import UserError
from tests.data.modules import make_data


@pytest.fixture
def make(corpus: Path, cache: Path):
    def call(**options: Any) -> ReviewDataModule:
        return make_data(corpus, cache, **{"num_workers": 0, "batch_size": 32, **options})

    return call


def examples(batches: Any) -> Counter[tuple[Any, ...]]:
    """The multiset of rows, without padding."""
    return Counter(
        (int(label), *tokens[:length].tolist())
        for batch in batches
        for tokens, length, label in zip(*batch, strict=True)
    )


@pytest.mark.parametrize("num_workers", [0, pytest.param(2, marks=pytest.mark.battery)])
def test_an_epoch_holds_what_the_stored_mode_holds(make, num_workers):
    stored, streamed = make(), make(streaming=True, num_workers=num_workers)
    for name in ("train", "val", "test"):
        loaders = [getattr(data, f"{name}_dataloader")() for data in (stored, streamed)]
        epochs = [list(loader) for loader in loaders]
        assert examples(epochs[0]) == examples(epochs[1]), name
        assert [len(loader) for loader in loaders] == [len(epoch) for epoch in epochs]
    assert streamed.describe()["unknown_share"] == pytest.approx(stored.describe()["unknown_share"])
    same = ("truncated_share", "sizes", "fingerprint", "vocabulary_size")
    assert all(streamed.describe()[key] == stored.describe()[key] for key in same)


@pytest.mark.parametrize(
    "options",
    [
        {"shuffle_words": True},
        {"masked": False, "padding": "pre", "max_length": 60},
        {"train_size": 100, "validate_on": "test"},
    ],
    ids=str,
)
def test_an_option_means_the_same_as_in_the_stored_mode(make, options):
    stored, streamed = make(**options), make(streaming=True, **options)
    for name in ("train", "val", "test"):
        epochs = [getattr(data, f"{name}_dataloader")() for data in (stored, streamed)]
        assert examples(epochs[0]) == examples(epochs[1]), name


@pytest.mark.parametrize("streaming", [False, True])
def test_batches_have_similar_lengths_only_where_they_are_bucketed(make, streaming):
    def spread(bucketed: bool) -> float:
        data = make(streaming=streaming, bucketed=bucketed)
        return float(np.mean([np.ptp(batch.lengths.numpy()) for batch in data.train_dataloader()]))

    assert spread(True) < spread(False) / 3


def test_every_epoch_has_an_order_of_its_own_that_seed_and_epoch_decide(make):
    def order(seed: int, epoch: int) -> list[list[int]]:
        loader = make(streaming=True, seed=seed).train_dataloader()
        loader.set_epoch(epoch)
        for _ in loader:
            pass
        return [batch.tolist() for batch in loader.order]

    assert order(1, 1) == order(1, 1)
    assert len({repr(order(seed, epoch)) for seed in (1, 2) for epoch in (0, 1)}) == 4


def test_a_corpus_sorted_by_label_is_mixed(make):
    data = make(streaming=True)
    labels = data.train_set.labels
    assert len(set(labels[:50])) == 1
    shares = [batch.labels.float().mean() for batch in data.train_dataloader()]
    assert min(shares) > 0.1
    assert max(shares) < 0.9


@pytest.mark.parametrize("world_size", [2, 3])
def test_ranks_share_the_rows_and_take_as_many_steps(make, world_size):
    data = make(streaming=True)
    loaders = [
        StreamLoader(
            *(data.train_set, data.store.tokenizer_file, 32, data.reading, True, 1),
            rank=rank,
            world_size=world_size,
        )
        for rank in range(world_size)
    ]
    epochs = [list(loader) for loader in loaders]
    assert len({len(epoch) for epoch in epochs}) == 1
    rows = np.concatenate([np.concatenate(loader.order) for loader in loaders])
    assert sorted(rows.tolist()) == list(range(len(data.train_set)))


@pytest.mark.parametrize("streaming", [False, True])
def test_batches_by_tokens_take_alike_many_steps(make, streaming):
    data = make(streaming=streaming, batch_by="tokens")
    for loader in (data.train_dataloader(), data.test_dataloader()):
        steps = [batch.tokens.numel() for batch in loader]
        assert max(steps) < 2 * min(steps)  # by rows, 4 times


def test_the_order_of_evaluation_is_known_afterwards(make):
    data = make(streaming=True)
    loader = data.test_dataloader()
    labels = torch.cat([batch.labels for batch in loader])
    assert labels.tolist() == data.test_set.labels[np.concatenate(loader.order)].tolist()


def test_duplicates_of_the_test_part_are_left_out_in_both_modes(make, tmp_path):
    import pyarrow.parquet as pq

    from rnn_sentiment.data.parquet import write_part

    folder = make().corpus.folder
    rows = {}
    for part in ("train", "test"):
        table = pq.read_table(next(folder.rglob(f"{part}-*.parquet")))
        rows[part] = list(zip(table["text"].to_pylist(), table["label"].to_pylist(), strict=True))
    rows["test"] += rows["train"][:7]
    for part, found in rows.items():
        write_part(tmp_path / f"{part}-0.parquet", iter(found), ["no", "yes"])
    for streaming in (False, True):
        sizes = {}
        for deduplicate in (False, True):
            data = make_data(
                tmp_path, tmp_path / "cache", streaming=streaming, deduplicate=deduplicate
            )
            sizes[deduplicate] = len(data.train_set) + len(data.validation_set)
        assert sizes[False] - sizes[True] == 7


def test_too_few_rows_for_the_processes_are_refused(make):
    data = make(streaming=True)
    with pytest.raises(UserError, match="too few for 400 processes"):
        StreamLoader(
            data.train_set, data.store.tokenizer_file, 1, data.reading, True, 1, world_size=400
        )
