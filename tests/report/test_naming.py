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


def test_what_most_rows_have_goes_without_saying():
    base, *others = (
        config("model=gru", *changes)
        for changes in (
            [],
            ["trainer.max_epochs=7"],
            ["data.reading.padding=pre"],
            ["embedding=word2vec"],
            ["embedding=word2vec", "embedding.frozen_epochs=all"],
            ["objective=label_smoothing"],
            ["embedding.dropout=0.3"],
            ["model.dropout=0.3"],
            ["ngrams=hashed"],
            ["ngrams=none"],
        )
    )
    assert list(
        names(dict(zip("abcdefghij", [base, *others], strict=True)), ["seed"]).values()
    ) == [
        "GRU(128), length 500",
        "GRU(128), length 500, max epochs 7",
        "GRU(128), length 500, padding pre",
        "GRU(128), length 500, embedding Word2Vec, frozen epochs 0",
        "GRU(128), length 500, embedding Word2Vec, frozen epochs all",
        "GRU(128), length 500, label smoothing",
        "GRU(128), length 500, embedding dropout 0.3",
        "GRU(128), length 500, dropout 0.3",
        "GRU(128), length 500, ngrams hashed",
        "GRU(128), length 500, no ngrams",
    ]


def test_a_row_that_differs_in_too_much_keeps_its_label():
    base = config("model=gru")
    changes = ["optimizer.lr=0.5", "trainer.max_epochs=7", "embedding.dim=3", "data.batch_size=1"]
    called = names({"a": base, "b": base | {"x": 1}, "c": config("model=gru", *changes)}, ["seed"])
    assert called["a"] == "GRU(128), length 500"
    assert called["c"] == "c"
    assert names({"a": base, "b": base | {"x": "y" * 50}}, ["seed"])["b"] == "b"
