"""Every configuration composes and builds; every mistake gets one clear line."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch
from omegaconf import DictConfig, OmegaConf

from rnn_sentiment.configuration import (
    CONF,
    DELTAS,
    GROUPS,
    TOP_LEVEL,
    combinations,
    compose,
    make,
    validate,
)
from rnn_sentiment.errors import UserError
from rnn_sentiment.lectures.regression import build_regressor
from rnn_sentiment.mistakes import explain
from rnn_sentiment.training.build import build_classifier, build_data, build_trainer, without_effect
from rnn_sentiment.training.language_modelling import build_language_model

FILES = sorted(str(file.relative_to(CONF).with_suffix("")) for file in CONF.rglob("*.yaml"))


SHARED = [file for file in FILES if file.count("/") > 1]  # by several experiments


def build(cfg: DictConfig, folder: Path) -> None:
    validate(cfg)
    if cfg.trainer.accelerator == "gpu" and not torch.cuda.is_available():
        cfg.trainer.accelerator, cfg.trainer.precision = "cpu", "bf16-mixed"
    if "language_model" in str(cfg.task.fit._target_):
        build_data(cfg)
        build_language_model(cfg, np.ones(20, np.int64))
    elif "tokenizer" in cfg:
        build_data(cfg)
        build_classifier(cfg, vocabulary_size=20)
    else:
        build_regressor(cfg, num_features=make(cfg, "data").num_features)
    build_trainer(cfg, folder)


REQUIRED = {
    "model/recurrent": ["model.cell=gru"],
    "data/text_files": ["data.path=reviews.csv"],
    "data/path": ["data.path=folder"],
    "data/hub": ["data.name=owner/name"],
    "tokenizer/stored": [f"tokenizer.path={__file__}"],
}


@pytest.mark.slow
@pytest.mark.parametrize("file", [file for file in FILES if file not in SHARED])
def test_every_file_composes_and_builds(file, tmp_path):
    group, _, name = file.rpartition("/")
    folder = tmp_path / "run"
    if file in ("logger/mlflow", "logger/wandb") and find_spec(name) is None:
        pytest.skip(f"needs the extra {name}")
    if group == "pretraining":
        build(compose(f"data={name}", name="pretrain"), folder)
    elif group:
        build(compose(f"{group}={name}", *REQUIRED.get(file, [])), folder)
    else:
        build(compose(name=name), folder)


def test_the_top_level_is_a_closed_list():
    assert set(compose()) == set(TOP_LEVEL)
    assert set(TOP_LEVEL) - set(GROUPS) == {
        *("name", "seed", "test", "resume", "pretrained", "profile", "task")
    }
    assert set(GROUPS) - set(TOP_LEVEL) == set(DELTAS)


@pytest.mark.slow
def test_every_section_that_is_built_names_its_target():
    for section in ("data", "tokenizer", "embedding", "model", "optimizer", "scheduler", "trainer"):
        assert "_target_" in compose()[section]


def test_recurrent_models_differ_by_their_cell():
    for cell in ("rnn", "lstm", "gru", "mingru", "minlstm", "qrnn", "lru"):
        own = OmegaConf.load(CONF / "model" / f"{cell}.yaml")
        more = {"rnn": {"dropout": 0.3}}
        more |= {name: {"num_layers": 2, "dropout": 0.3} for name in ("mingru", "minlstm")}
        assert own == {"defaults": ["recurrent"], "layers": {"cell": cell}} | more.get(cell, {})


@pytest.mark.parametrize(
    ("overrides", "rate", "dropout"),
    [
        (["model=gru"], 0.003, 0.6),
        (["model=bag"], 0.01, 0.6),
        (["model=rnn"], 0.001, 0.3),
        (["model=rnn", "optimizer=adam"], 0.001, 0.3),
        (["model=bag", "optimizer=adam"], 0.001, 0.6),
        (["model=rnn", "embedding=glove"], 0.001, 0.2),
        (["model=rnn", "optimizer.lr=0.5"], 0.5, 0.3),
    ],
)
def test_a_model_brings_what_suits_it_with_one_optimizer_or_embedding(overrides, rate, dropout):
    cfg = compose(*overrides)
    assert (cfg.optimizer.lr, cfg.embedding.dropout) == (rate, dropout)


def test_what_a_model_brings_is_said():
    chosen = {"model": "rnn", "model_optimizer": "rnn_adamw", "optimizer": "adamw"}
    assert combinations(chosen) == ["model=rnn with optimizer=adamw: optimizer.lr=0.001"]


@pytest.mark.slow
@pytest.mark.parametrize("key", ["callbacks", "logger"])
def test_a_part_without_a_target_is_a_mistake(key):
    assert f"unknown key in {key} 'foo'" in fails(f"+{key}.foo=1")
    assert f"unknown key in {key} 'foo'" in fails(f"+{key}.foo.patience=1")


def fails(*overrides: str) -> str:
    """The one line that a user sees for these overrides."""
    try:
        build(compose(*overrides), Path("nowhere"))
    except Exception as error:
        return explain(error)
    raise AssertionError("built without an error")


@pytest.mark.fault("b33", "b40")
@pytest.mark.parametrize(
    ("override", "key", "hint"),
    [
        ("modle=gru", "modle", "did you mean 'model'"),
        ("sed=3", "sed", "did you mean 'seed'"),
        ("+nonsense=1", "nonsense", "valid: "),
        ("model=gruu", "gruu", "did you mean 'gru'"),
        ("experiment=small_lstn", "small_lstn", "did you mean 'small_lstm'"),
        ("experimnt=small_lstm", "experimnt", "did you mean 'experiment'"),
        ("model.hiden_size=8", "hiden_size", "did you mean 'hidden_size'"),
        ("+model.hiden_size=8", "hiden_size", "did you mean 'hidden_size'"),
        ("data.bach_size=8", "bach_size", "did you mean 'batch_size'"),
        ("trainer.max_epoch=8", "max_epoch", "did you mean 'max_epochs'"),
        ("+optimizer.learning_rte=8", "learning_rte", "valid: "),
        ("callbacks.early_stopping.patince=1", "patince", "did you mean 'patience'"),
        ("+tokenizer.lowercse=false", "lowercse", "did you mean 'lowercase'"),
        ("embedding.dims=8", "dims", "did you mean 'dim'"),
    ],
)
def test_an_unknown_key_is_named_with_the_nearest_valid_one(override, key, hint):
    line = fails(override)
    assert f"'{key}'" in line
    assert hint in line
    assert "\n" not in line


@pytest.mark.slow
@pytest.mark.fault("b34", "b36", "b37", "b38")
@pytest.mark.parametrize(
    ("override", "key"),
    [
        ("model.hidden_size=-1", "model.hidden_size"),
        ("model.hidden_size=many", "model.hidden_size"),
        ("model.dropout=1.5", "model.dropout"),
        ("model.pooling=median", "model.pooling"),
        ("model.cell=transformer", "model.cell"),
        ("embedding.dim=0", "embedding.dim"),
        ("embedding.word_dropout=1", "embedding.word_dropout"),
        ("tokenizer.vocabulary_size=1", "tokenizer"),
        ("data.batch_size=0", "data.batch_size"),
        ("data.truncation=middle", "data.reading.truncation"),
        ("data.validation_fraction=1", "data.splits.validation_fraction"),
        ("data.source=web", "unknown choice for data/source 'web'; valid: auto, demo"),
        ("data.source=path", "data.path"),
        ("optimizer.lr=-1", "optimizer"),
        ("scheduler.warmup=7", "scheduler"),
        ("trainer.precision=8", "trainer"),
        ("data=text_files", "data.source: source=path needs data.path"),
        ("data=hub", "data.source: source=hub needs data.name"),
        ("model=bag model.hidden_size=8", "model.hidden_size is not a key of the chosen model"),
        ("data=demo data.path=reviews.csv", "data.path is not a key of the chosen data/source"),
        ("data.validation_fraction=0.6 data.test_fraction=0.5", "data.splits: validation_fra"),
        ("data.labels=[one]", "data.source.labels"),
        ("data.labels=[one,one]", "data.source.labels"),
        ("tokenizer=stored", "tokenizer.path is missing; give tokenizer.path=..."),
        ("tokenizer=bpe tokenizer.algorithm=wordpiece", "tokenizer.algorithm"),
        ("model=gru model.pooling=[max]", "model.pooling=['max']: Input should be"),
        ("model=conv1d model.widths=[]", "model.widths"),
        ("model=conv1d model.widths=[0]", "model.widths"),
        ("model.recurrent_dropout=1", "model.recurrent_dropout"),
        ("model.dense_before=[0]", "model.dense_before"),
        ("model=stack +model.num_layers=2", "model: num_layers=2: a list of layers"),
    ],
)
def test_a_value_out_of_range_is_named(override, key):
    line = fails(*override.split())
    assert line.startswith(key) or key in line
    assert "\n" not in line


def test_a_callback_is_left_out_by_null(tmp_path):
    def names(*overrides: str) -> set[str]:
        cfg = compose(*overrides)
        return {type(c).__name__ for c in build_trainer(cfg, tmp_path).callbacks}

    assert names() - names("callbacks.early_stopping=null") == {"EarlyStopping"}


def test_a_setting_of_the_trainer_that_has_no_effect_is_named():
    assert without_effect(compose()) == []
    (line,) = without_effect(compose("+trainer.enable_progress_bar=false"))
    assert line.startswith("trainer.enable_progress_bar has no effect")
    assert line.endswith("callbacks.progress_bar=null hides it")


@pytest.mark.fault("b44")
@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
def test_a_gpu_is_refused_where_there_is_none(tmp_path):
    with pytest.raises(UserError, match="no usable GPU; use trainer=cpu"):
        build_trainer(compose("trainer=gpu"), tmp_path)


def test_a_target_that_is_not_there_is_named():
    cfg = compose()
    cfg.model._target_ = "nowhere.at_all"
    with pytest.raises(UserError, match=r"_target_: nowhere\.at_all cannot be imported"):
        validate(cfg)
