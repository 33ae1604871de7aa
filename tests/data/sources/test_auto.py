"""The best that can be had: what is taken, what is said of it, and which errors stay errors."""

from __future__ import annotations

import json
from typing import Any

import pytest
from omegaconf import DictConfig

from rnn_sentiment.configuration import compose, make
from rnn_sentiment.data import AutoSource, DemoSource, PathSource
from rnn_sentiment.data.sources import hub_fetch
from rnn_sentiment.data.sources.hub_fetch import Unreachable
from rnn_sentiment.data.sources.source import to_config
from rnn_sentiment.data.stored import as_taken, read_elsewhere, set_source
from rnn_sentiment.errors import UserError
from rnn_sentiment.training.build import build_data

SIZES = (40, 20)


def asked_source(cfg: DictConfig) -> AutoSource:
    found: AutoSource = make(cfg, "data.source")
    return found


def test_a_path_is_taken_where_one_is_given(corpus, cache):
    auto = AutoSource(str(corpus), fingerprint=None)
    assert isinstance(auto.first_choice, PathSource)
    opened = auto.open(cache)
    assert isinstance(opened.source, PathSource)
    assert opened.corpus.parts == ["train", "test"]


def test_a_path_is_recorded_from_the_root(corpus, cache, monkeypatch):
    monkeypatch.chdir(corpus.parent)
    opened = PathSource(corpus.name).open(cache)
    assert opened.source == PathSource(str(corpus))


def test_a_hub_that_cannot_be_reached_is_replaced_by_the_demo_corpus(tmp_path):
    opened = AutoSource(sizes=SIZES).open(tmp_path)  # the fixture's address is closed
    assert isinstance(opened.source, DemoSource)
    assert opened.source.sizes == SIZES
    assert "unreachable" in str(opened.source.fallback)
    assert json.loads(json.dumps(to_config(opened.source)))["fallback"] == opened.source.fallback


@pytest.mark.parametrize(
    ("faults", "falls_back"),
    [
        ({"api_status": 503}, True),
        ({"api_status": 429}, True),
        ({"api_status": 404}, False),
        ({"api_status": 400}, False),
    ],
    ids=str,
)
def test_only_an_unreachable_hub_is_replaced(serve, tmp_path, faults, falls_back):
    serve(**faults)
    auto = AutoSource(sizes=SIZES)
    if falls_back:
        assert auto.open(tmp_path).source.kind == "demo"
    else:
        with pytest.raises(UserError, match="cannot fetch stanfordnlp/imdb"):
            auto.open(tmp_path)


@pytest.mark.parametrize(
    "wrong",
    [{"name": "nobody/nothing"}, {"path": "nowhere.csv"}],
    ids=str,
)
def test_a_mistake_is_no_reason_for_another_corpus(serve, tmp_path, wrong: dict[str, Any]):
    serve()
    with pytest.raises(UserError) as error:
        AutoSource(**wrong, sizes=SIZES).open(tmp_path)
    assert not isinstance(error.value, Unreachable)


def test_a_full_disk_is_no_reason_for_another_corpus(serve, tmp_path, monkeypatch):
    serve()

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(hub_fetch, "_watch", full)
    with pytest.raises(UserError, match="No space left on device"):
        AutoSource(sizes=SIZES).open(tmp_path)


def test_what_was_taken_is_read_again_though_the_hub_is_back(serve, tmp_path):
    cfg = compose(f"data.cache={tmp_path}", "data.demo_sizes=[300,100]")
    data = build_data(cfg)
    data.setup()
    assert data.source.fallback
    set_source(cfg, data.source)
    serve()
    again = build_data(cfg)
    again.setup()
    assert again.describe() == data.describe()
    assert again.source == data.source


def test_a_sweep_compares_what_is_asked_with_what_was_taken(tmp_path):
    asked = compose("name=gru")
    for taken, batch_size in (
        (AutoSource().first_choice, 64),
        (asked_source(asked).first_choice, 64),
        (asked_source(asked).stand_in("no network"), 16),
    ):
        stored = asked.copy()
        set_source(stored, taken)
        stored.data.batch_size, stored.trainer.max_epochs = batch_size, 5
        found = as_taken(asked, stored)
        assert (found == stored) is (taken != AutoSource().first_choice)  # which names no labels
    assert asked.data.source._target_.endswith("AutoSource")


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["hub", "demo", "path"])
def test_a_stored_run_is_read_from_another_path(kind):
    cfg = compose(f"data/source={kind}", *(["data.path=old"] if kind == "path" else []))
    found = read_elsewhere(cfg, ["data.path=new", "data.eval_batch_size=8"])
    assert found.data.source._target_ == "rnn_sentiment.data.PathSource"
    assert (found.data.source.path, found.data.eval_batch_size) == ("new", 8)
    assert found.data.source.fingerprint == cfg.data.source.fingerprint
    assert read_elsewhere(cfg, ["data.source=demo"]).data.source._target_.endswith("DemoSource")
