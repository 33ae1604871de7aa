"""Short names on the command line, and runs that an older version stored."""

from __future__ import annotations

from typing import Any

import pytest
from omegaconf import OmegaConf

from rnn_sentiment.configuration import compose, make, validate
from rnn_sentiment.upgrade import full_names, short_name, upgrade

pytestmark = pytest.mark.slow

# As version 0.1 stored the section `data`.
FLAT: dict[str, Any] = {
    "_target_": "rnn_sentiment.data.ReviewDataModule",
    "source": "auto",
    "path": None,
    "name": "stanfordnlp/imdb",
    "subset": None,
    "text_column": "text",
    "label_column": "label",
    "labels": ["negative", "positive"],
    "fingerprint": "imdb",
    "cache": "cache",
    "batch_size": 64,
    "bucketed": True,
    "eval_batch_size": 256,
    "max_length": 77,
    "truncation": "tail",
    "masked": False,
    "padding": "pre",
    "shuffle_words": True,
    "validation_fraction": 0.2,
    "test_fraction": 0.3,
    "train_size": 50,
    "validate_on": "test",
    "deduplicate": True,
    "streaming": False,
    "num_workers": 1,
    "seed": 4,
    "demo_sizes": [300, 100],
    "demo_batch_size": 8,
}


@pytest.mark.parametrize(
    ("short", "full"),
    [
        ("data.path=x", "data.source.path=x"),
        ("data.max_length=100,200", "data.reading.max_length=100,200"),
        ("+data.train_size=5", "+data.splits.train_size=5"),
        ("++data.train_size=5", "++data.splits.train_size=5"),
        ("~data.train_size", "~data.splits.train_size"),
        ("data.source=demo", "data/source=demo"),
        ("++data.source=demo,hub", "data/source=demo,hub"),
        ("data.demo_sizes=[1,2]", "data.source.sizes=[1,2]"),
        ("model.pooling={a:${data.masked}}", "model.pooling={a:${data.reading.masked}}"),
        ("data.batch_size=3", "data.batch_size=3"),
        ("data.source.path=a=b\nc", "data.source.path=a=b\nc"),
        ("--cfg", "--cfg"),
        ("-m", "-m"),
    ],
)  # fmt: skip
def test_a_short_name_is_written_in_full(short, full):
    assert full_names([short]) == [full]
    assert full_names([full]) == [full]


@pytest.mark.parametrize("override", ["data.max_length=5", "+data.path=x", "data.source=hub"])
def test_sweeps_see_the_short_name(override):
    assert short_name(full_names([override])[0]) == override


def test_short_names_set_what_they_mean():
    cfg = compose("data.max_length=7", "data.train_size=9", "data.source=path", "data.path=x")
    assert (cfg.data.reading.max_length, cfg.data.splits.train_size) == (7, 9)
    assert (cfg.data.source._target_.rpartition(".")[2], cfg.data.source.path) == (
        "PathSource",
        "x",
    )
    assert compose("seed=5").data.splits.seed == compose("seed=5").data.reading.seed == 5


def upgraded(parts: dict[str, Any] | None = None, **changed: Any) -> Any:
    stored = OmegaConf.merge(compose(), {"name": "gru"})
    stored.data = {**FLAT, **changed}
    cfg = upgrade(stored, parts)
    validate(cfg)
    for section in ("source", "reading", "splits"):
        make(cfg, f"data.{section}")
    return cfg.data


def test_a_stored_run_keeps_all_that_it_read():
    data = upgraded(source="path", path="x")
    assert (data.batch_size, data.cache, data.seed) == (64, "cache", 4)
    assert dict(data.reading) == {
        "_target_": "rnn_sentiment.data.Reading", "max_length": 77, "truncation": "tail",
        "masked": False, "padding": "pre", "shuffle_words": True, "seed": 4,
    }  # fmt: skip
    assert dict(data.splits) == {
        "_target_": "rnn_sentiment.data.Splits", "validation_fraction": 0.2, "test_fraction": 0.3,
        "train_size": 50, "validate_on": "test", "deduplicate": True, "seed": 4,
        "stratified": False,
    }  # fmt: skip
    assert data.source.path == "x"


def rows(train: int, test: int) -> dict[str, Any]:
    return {"train": {"rows": train}, "test": {"rows": test}}


@pytest.mark.parametrize(
    ("changed", "parts", "target", "batch_size"),
    [
        ({"source": "hub"}, None, "HubSource", 64),
        ({"source": "demo"}, rows(300, 100), "DemoSource", 64),
        ({"source": "auto"}, None, "AutoSource", 64),
        ({"source": "auto", "path": "x"}, rows(300, 100), "PathSource", 64),
        ({"source": "auto"}, rows(25_000, 25_000), "HubSource", 64),
        ({"source": "auto"}, rows(300, 100), "DemoSource", 8),
    ],
)
def test_a_stored_run_names_the_source_that_it_took(changed, parts, target, batch_size):
    data = upgraded(parts, **changed)
    assert data.source._target_ == f"rnn_sentiment.data.{target}"
    assert data.batch_size == batch_size
    fell_back = changed == {"source": "auto"} and target == "DemoSource"
    assert bool(data.source.get("fallback")) is fell_back


@pytest.mark.parametrize("tokenizer", ["word", "bpe"])
def test_a_run_without_the_key_punctuation_dropped_it(tokenizer):
    cfg = compose(f"tokenizer={tokenizer}")
    stored = OmegaConf.to_container(cfg, resolve=False)
    del stored["tokenizer"]["punctuation"]  # type: ignore[union-attr,index,call-overload]
    assert upgrade(OmegaConf.create(stored)) == cfg  # type: ignore[arg-type]


def test_a_run_of_today_stays_as_it_is():
    cfg = compose("name=gru", "data=demo")
    assert upgrade(cfg) == cfg
