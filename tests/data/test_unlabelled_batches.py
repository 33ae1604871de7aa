"""Unlabelled texts beside labelled ones: nothing that is held out, an order of (seed, epoch)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rnn_sentiment.data.batches import BucketBatchSampler, PairedSampler
from rnn_sentiment.errors import UserError
from rnn_sentiment.types import Batch
from tests.data.modules import make_data
from tests.embeddings.test_word2vec import texts_of


def pairs(num_labelled: int, num_unlabelled: int, epoch: int) -> list[tuple[list[int], list[int]]]:
    samplers = [
        BucketBatchSampler(np.arange(1, number + 1), 8, shuffle=True, seed=1)
        for number in (num_labelled, num_unlabelled)
    ]
    paired = PairedSampler(*samplers)
    paired.set_epoch(epoch)
    found = list(paired)
    assert len(found) == len(paired)
    return found


@pytest.mark.parametrize("num_unlabelled", [3, 20, 50, 400])
def test_an_epoch_has_every_labelled_row_once(num_unlabelled):
    for epoch in range(3):
        labelled = [row for own, _ in pairs(50, num_unlabelled, epoch) for row in own]
        assert sorted(labelled) == list(range(50))


def test_unlabelled_rows_repeat_only_when_all_have_come():
    rows = [row for _, further in pairs(50, 20, 0) for row in further]
    assert sorted(rows[:20]) == list(range(20))
    assert sorted(rows[20:40]) == list(range(20))
    assert rows[:20] != rows[20:40]


def test_every_epoch_has_an_order_of_its_own_and_always_the_same():
    orders = [repr([further for _, further in pairs(50, 20, epoch)]) for epoch in (0, 1, 2, 0)]
    assert orders[0] == orders[3]
    assert len(set(orders)) == 3


@pytest.mark.slow
def test_texts_of_validation_and_test_are_left_out(corpus: Path, tmp_path: Path):
    further = tmp_path / "further"
    further.mkdir()
    known = [*texts_of(corpus, "train"), *texts_of(corpus, "test")]
    for number, text in enumerate([*known, "a text that is new"]):
        (further / f"{number}.txt").write_text(text)
    data = make_data(
        corpus, tmp_path, unlabelled=str(further), unlabelled_batch_size=16, batch_size=32
    )
    assert len(data.unlabelled_set) == len(data.train_set) + 1
    held_out = [*data.validation_set.hashes, *data.test_set.hashes]
    assert not np.isin(data.unlabelled_set.hashes, held_out).any()
    for batch in data.train_dataloader():
        assert (batch.unlabelled.labels == -1).all()
        assert 0 < len(batch.unlabelled.tokens) <= 16
    assert all(isinstance(batch, Batch) for batch in data.val_dataloader())


def test_a_checkpoint_names_the_texts_that_were_read_whatever_becomes_of_the_file(
    corpus: Path, tmp_path: Path
):
    further = tmp_path / "further.txt"
    further.write_text("a text that is new\nand another one\n")
    data = make_data(corpus, tmp_path, unlabelled=str(further), unlabelled_batch_size=2)
    before = data.state_dict()
    for file in data.further.files:
        file.unlink()
    assert data.state_dict() == before


def test_no_unlabelled_texts_and_streaming_are_refused(corpus: Path, tmp_path: Path):
    with pytest.raises(UserError, match=r"give data\.unlabelled=FILE"):
        make_data(corpus, tmp_path, unlabelled_batch_size=16)
    with pytest.raises(UserError, match=r"data\.streaming=true"):
        make_data(corpus, tmp_path, unlabelled_batch_size=16, streaming=True)
