"""States are carried through a text, gradients are not; dropout holds for a window."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
import torch

from rnn_sentiment.embeddings import RandomEmbedding
from rnn_sentiment.pretraining.network import CarriedLayer, LanguageNetwork
from rnn_sentiment.pretraining.streams import Window

SIZE = 30


def network(cell: str = "lstm", **settings: float) -> LanguageNetwork:
    torch.manual_seed(1)
    weight_dropout = settings.pop("weight_dropout", 0.0)
    layer = partial(CarriedLayer, cell=cell, hidden_size=6, weight_dropout=weight_dropout)
    embedding = RandomEmbedding(SIZE, 5, 0.0, 0.0)
    return LanguageNetwork(
        embedding, np.arange(SIZE)[::-1].copy(), layer, num_layers=2, cutoffs=[8], **settings
    )


def window(start: int, stop: int, begins: bool = False) -> Window:
    """Steps of three rows, which are the same however they are cut."""
    read = torch.randint(SIZE, (3, 13), generator=torch.Generator().manual_seed(0))
    piece = read[:, start : stop + 1]
    lengths = torch.full((3,), stop - start)
    return Window(piece[:, :-1], piece[:, 1:], lengths, torch.full((3,), begins))


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
@pytest.mark.parametrize("tied", [False, True])
def test_the_windows_of_a_text_equal_one_long_pass(cell, tied):
    model = network(cell, tied=tied)
    whole, _ = model(window(0, 12))
    states, parts = None, []
    for start in range(0, 12, 4):
        loss, states = model(window(start, start + 4), states)
        parts.append(loss)
    torch.testing.assert_close(torch.stack(parts).mean(), whole)
    fresh, _ = model(window(4, 8))
    assert not torch.isclose(fresh, parts[1])


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_a_text_that_begins_forgets_the_one_before(cell):
    model = network(cell)
    _, states = model(window(0, 4))
    fresh, _ = model(window(4, 8))
    torch.testing.assert_close(model(window(4, 8, begins=True), states)[0], fresh)


def test_padding_changes_nothing():
    model, (tokens, targets, _, begins) = network(), window(0, 6)
    lengths = torch.tensor([6, 2, 0])
    parts = [
        model(
            Window(
                tokens[row : row + 1, :n],
                targets[row : row + 1, :n],
                lengths[row : row + 1],
                begins[:1],
            )
        )[0]
        * n
        for row, n in enumerate([6, 2])
    ]
    found, _ = model(Window(tokens, targets, lengths, begins))
    torch.testing.assert_close(found, torch.stack(parts).sum() / 8)


def test_no_gradient_goes_past_a_window():
    _, states = network()(window(0, 4))
    assert not any(one.requires_grad for pair in states for one in pair)


@pytest.mark.parametrize(
    "dropped", ["embedding_dropout", "input_dropout", "dropout", "weight_dropout"]
)
def test_dropout_is_of_training_only(dropped):
    model, plain = network(**{dropped: 0.5}), network()
    expected = plain(window(0, 4))[0]
    assert not torch.equal(model(window(0, 4))[0], expected)
    torch.testing.assert_close(model.eval()(window(0, 4))[0], expected)


def test_a_hidden_word_is_hidden_everywhere():
    model = network(embedding_dropout=0.5)
    tokens = torch.arange(1, SIZE).repeat(2, 3)
    zero = (model.embed(tokens) == 0).all(2)
    assert torch.equal(zero, zero[:, : SIZE - 1].repeat(1, 3))
    assert zero.any()
    assert not zero.all()


def test_features_are_dropped_at_all_steps():
    zero = network().locked(torch.ones(2, 5, 40), 0.5) == 0
    assert torch.equal(zero, zero[:, :1].expand_as(zero))
    assert zero.any()


def test_dropped_weights_get_no_gradient():
    torch.manual_seed(0)
    layer = CarriedLayer(4, "lstm", 8, weight_dropout=0.5)
    layer(torch.randn(2, 3, 4), None)[0].sum().backward()
    share = (layer.cell.weight_hh_l0.grad == 0).float().mean()
    assert 0.3 < share < 0.7


def test_cutoffs_rise():
    with pytest.raises(ValueError, match=r"cutoffs=\[9, 4\] are not increasing"):
        LanguageNetwork(
            RandomEmbedding(SIZE, 5, 0.0, 0.0), np.ones(SIZE), partial(CarriedLayer), 1, [9, 4]
        )
