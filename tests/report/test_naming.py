"""Names for people: layers and length, and what else differs."""

from __future__ import annotations

import pytest
from omegaconf import OmegaConf

from rnn_sentiment.configuration import compose
from rnn_sentiment.identity import flatten
from rnn_sentiment.report.naming import architecture, names


def config(*overrides: str) -> dict[str, object]:
    found = OmegaConf.to_container(compose(*overrides), resolve=False)
    assert isinstance(found, dict)
    return dict(flatten(found))


@pytest.mark.parametrize(
    ("overrides", "name"),
    [
        (["model=gru"], "GRU(128), length 500"),
        (["experiment=length120_bilstm"], "BiLSTM(32), length 120"),
        (["experiment=length120_flatten"], "Flatten, length 120"),
        (["experiment=conv_recurrent"], "Conv1d(64) + max pooling + LSTM(64), length 500"),
        (["model=mingru", "model.num_layers=2"], "2 × minGRU(128), length 500"),
    ],
)
def test_a_row_is_called_by_its_layers(overrides, name):
    assert architecture(config(*overrides)) == name


def test_the_same_layers_are_told_apart_by_what_else_differs():
    first, second = config("model=gru"), config("model=gru", "optimizer.lr=0.5")
    assert names({"a": first, "b": second, "c": {}}, ["seed"]) == {
        "a": f"GRU(128), length 500, lr {first['optimizer.lr']}",
        "b": "GRU(128), length 500, lr 0.5",
        "c": "c",
    }
    other = config("model=gru", "optimizer.lr=0.5", "trainer.max_epochs=7", "embedding.dim=3")
    many = {"a": first, "b": second, "c": other | {"data.batch_size": 1}}
    assert names(many, ["seed"]) == {"a": "a", "b": "b", "c": "c"}
