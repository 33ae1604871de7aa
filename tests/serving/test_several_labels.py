"""A server of a model that gives texts several labels: its JSON, and its page."""

from __future__ import annotations

from pathlib import Path

import pytest

from rnn_sentiment.inference.predictor import Predictor
from rnn_sentiment.outcome import AnyOf
from rnn_sentiment.serving import apis
from rnn_sentiment.serving.page import make_page
from tests.inference.networks import TEXT, make_predictor


@pytest.fixture
def predictor(monkeypatch) -> Predictor:
    made = make_predictor(outcome=AnyOf(3))
    monkeypatch.setattr(Predictor, "load", lambda path: made)
    monkeypatch.setattr(apis, "end_with_parent", lambda parent: None)
    monkeypatch.setattr(apis.signal, "signal", lambda *_: None)
    return made


def test_an_answer_has_all_labels_and_words_of_the_likeliest(predictor):
    api = apis.Explain(Path("run"))
    api.setup("cpu")
    found = api.predict(TEXT)
    shares = found["probabilities"]
    assert found["labels"] == [name for name, share in shares.items() if share >= 0.5]
    assert "label" not in found
    assert found["explained"] == max(shares, key=shares.__getitem__)
    assert "".join(piece for piece, _ in found["words"]) == TEXT


def test_the_page_says_whose_words_light_up():
    assert "the likeliest label" in make_page(("art", "law"), several=True)[0]
    assert "the likeliest label" not in make_page(("bad", "good"), several=False)[0]
