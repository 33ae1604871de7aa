"""Which rows are trained, validated and tested on, and how they are padded."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from rnn_sentiment.classifier import Classifier
from rnn_sentiment.data import ReviewDataModule
from rnn_sentiment.data.parquet import write_part
from rnn_sentiment.embeddings import RandomEmbedding
from rnn_sentiment.encoders import Encoder, RecurrentLayer
from rnn_sentiment.errors import UserError
from rnn_sentiment.outcome import AnyOf
from tests.data.modules import make_data


@pytest.fixture
def make(corpus: Path, cache: Path):
    def call(**options: Any) -> ReviewDataModule:
        return make_data(corpus, cache, **{"batch_size": 32, **options})

    return call


def test_choices_of_training_rows_are_nested_repeatable_and_differ_by_seed(make):
    whole = set(make().train_set.rows)
    small, large = make(train_size=50), make(train_size=120)
    assert len(small.train_set) == 50
    assert set(small.train_set.rows) < set(large.train_set.rows) < whole
    assert small.train_set.rows.tolist() == make(train_size=50).train_set.rows.tolist()
    assert small.train_set.rows.tolist() != make(train_size=50, seed=2).train_set.rows.tolist()
    assert small.validation_set.rows.tolist() == make().validation_set.rows.tolist()
    assert 0.3 < small.train_set.labels.mean() < 0.7


def test_more_training_rows_than_there_are_is_a_mistake(make):
    with pytest.raises(UserError, match=r"data\.train_size=301: there are \d+ texts"):
        make(train_size=301)


@pytest.mark.parametrize("deduplicate", [False, True])
def test_validating_on_the_test_part_trains_on_the_whole_train_part(make, deduplicate):
    data = make(validate_on="test", deduplicate=deduplicate)
    assert len(data.validation_set) == len(data.test_set) == 200
    assert data.validation_set.row_ids() == data.test_set.row_ids()
    usual = make(deduplicate=deduplicate)
    assert len(data.train_set) == len(usual.train_set) + len(usual.validation_set)
    assert [d.describe()["validated_on"] for d in (data, usual)] == ["test", "validation"]


def classifier(masked: bool) -> Classifier:
    torch.manual_seed(0)
    layer = partial(RecurrentLayer, cell="gru", hidden_size=8, bidirectional=True)
    encoder = Encoder(8, layer, "last")
    embedding = RandomEmbedding(500, 8, dropout=0, word_dropout=0, masked=masked)
    return Classifier(embedding, None, encoder, torch.optim.Adam, torch.optim.lr_scheduler.StepLR)


@torch.inference_mode()
def logits(data: ReviewDataModule, model: Classifier) -> torch.Tensor:
    """By row of the test part."""
    loader = data.test_dataloader()
    order = np.concatenate(data.batches(loader))
    return torch.cat([model(batch) for batch in loader])[np.argsort(order)]


def test_under_a_mask_the_place_of_padding_changes_nothing(make):
    post, pre = make(padding="post"), make(padding="pre")
    assert torch.equal(logits(post, classifier(True)), logits(pre, classifier(True)))


def test_without_a_mask_padding_is_read_where_it_stands(make):
    model = classifier(masked=False)
    masked = logits(make(), model)
    post, pre = (make(masked=False, padding=p, max_length=200) for p in ("post", "pre"))
    found = {name: logits(data, model) for name, data in (("post", post), ("pre", pre))}
    assert not torch.allclose(found["post"], found["pre"])
    assert not torch.allclose(found["post"], masked)
    for batch in post.test_dataloader():
        assert (batch.lengths == 200).all()
    with torch.no_grad():  # the state that padding leaves reaches the logits
        model.embedding.table.weight[0] += 1.0
    assert not torch.allclose(logits(pre, model), found["pre"])


def test_words_stay_where_they_stood_when_padding_is_put_in_front(make):
    post, pre = (make(masked=False, padding=p, max_length=200) for p in ("post", "pre"))
    for behind, front in zip(post.test_dataloader(), pre.test_dataloader(), strict=True):
        for a, b in zip(behind.tokens, front.tokens, strict=True):
            words = int((a != 0).sum())
            assert a[:words].tolist() == b[200 - words : 200].tolist()


def test_a_mask_equals_skipping_padding_step_by_step(make):
    """What Keras does with a mask: a state passes padding unchanged, also in front."""
    model = classifier(masked=True)
    cells = model.encoder.layers[0]
    forward = nn.GRUCell(8, 8)
    forward.load_state_dict(
        {name.removesuffix("_l0"): value for name, value in cells[0].state_dict().items()}
    )
    reference = []
    with torch.no_grad():
        for batch in make(masked=False, padding="pre", max_length=200).test_dataloader():
            state = torch.zeros(len(batch.tokens), 8)
            for tokens in batch.tokens.unbind(1):
                stepped = forward(model.embedding(tokens[:, None])[:, 0], state)
                state = torch.where((tokens != 0)[:, None], stepped, state)
            reference.append(state)
    data = make(padding="pre", max_length=200)
    order = np.concatenate(data.batches(data.test_dataloader()))
    encoded = [
        model.encoder(model.embedding(batch.tokens), batch.mask) for batch in data.test_dataloader()
    ]
    found = torch.cat(encoded)[np.argsort(order)][:, :8]  # the forward direction
    torch.testing.assert_close(found, torch.cat(reference))


def test_shuffled_words_are_the_same_words(make):
    intact, shuffled = make(), make(shuffle_words=True)
    changed = 0
    for a, b in zip(intact.test_dataloader(), shuffled.test_dataloader(), strict=True):
        assert torch.equal(a.tokens.sort(1).values, b.tokens.sort(1).values)
        changed += int((a.tokens != b.tokens).any(1).sum())
    assert changed > 190


def test_padding_has_a_vector_only_without_a_mask():
    masked, unmasked = (RandomEmbedding(5, 3, 0, 0, masked=m) for m in (True, False))
    tokens = torch.zeros(1, 2, dtype=torch.int64)
    assert not masked(tokens).any()
    assert unmasked(tokens).any()
    for embedding, learned in ((masked, False), (unmasked, True)):
        embedding(tokens).sum().backward()
        assert bool(embedding.table.weight.grad.any()) is learned


def test_texts_with_several_labels_are_not_stratified(tmp_path):
    rows = [(f"text {i}", [i % 2] * (i % 3)) for i in range(60)]
    (tmp_path / "c").mkdir()
    write_part(tmp_path / "c" / "train-0.parquet", iter(rows), ["a", "b"], several=True)
    data = make_data(tmp_path / "c", tmp_path)
    assert data.outcome == AnyOf(2)
    batch = next(iter(data.train_dataloader()))
    assert set(batch.labels.tolist()) == {0, 0b01, 0b10}
    streamed = make_data(tmp_path / "c", tmp_path, streaming=True, num_workers=0)
    again = next(iter(streamed.train_dataloader()))
    assert sorted(again.labels.tolist()) == sorted(batch.labels.tolist())
    with pytest.raises(UserError, match="stratified=true"):
        make_data(tmp_path / "c", tmp_path, stratified=True)
