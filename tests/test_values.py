"""Values that libraries would take, and no training survives."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from omegaconf import OmegaConf

from rnn_sentiment.configuration import compose
from rnn_sentiment.errors import UserError
from rnn_sentiment.mistakes import explain, is_mistake
from rnn_sentiment.values import check_values, folder_name
from tests.conftest import Command
from tests.test_configuration import build

GREATER = "Input should be greater than 0"
REFUSED = {
    "optimizer.lr": {0: GREATER, -1: GREATER, "abc": "a valid number", True: "", None: ""},
    "trainer.max_epochs": {-1: "greater than or equal to 1", 0: "", 2.5: "a valid integer"},
    "seed": {-1: "greater than or equal to 0", 2**32: "less than", 1.5: "", None: "", True: ""},
    "test": {"maybe": "a valid boolean"},
    "trainer.gradient_clip_val": {-1: GREATER, 0: GREATER},
    "trainer.max_steps": {0: "", 2.5: ""},
    "trainer.accumulate_grad_batches": {0: ""},
    "trainer.limit_val_batches": {0: ""},
    "trainer.val_check_interval": {0: ""},
    "trainer.check_val_every_n_epoch": {2: "leave it out"},
    "trainer.fast_dev_run": {True: "limit_train_batches"},
    "trainer.overfit_batches": {2: "data.train_size", 0.1: ""},
    "callbacks.early_stopping.patience": {-1: "", "abc": ""},
    "callbacks.best_checkpoint.save_top_k": {0: ""},
    "name": {"../../x": "without '/'", "/abs": "", "a\0b": "", "x" * 300: "", ".x": "", "": ""},
}
CASES = [(key, value, what) for key, values in REFUSED.items() for value, what in values.items()]


def with_value(key: str, value: object) -> None:
    cfg = OmegaConf.create({})
    OmegaConf.update(cfg, key, value, force_add=True)
    check_values(cfg)


@pytest.mark.fault("b35", "b41", "s8")
@pytest.mark.parametrize(("key", "value", "what"), CASES)
def test_a_value_without_sense_is_one_line_that_names_it(key, value, what):
    with pytest.raises(UserError) as raised:
        with_value(key, value)
    line = str(raised.value)
    assert line.startswith(f"{key}={value!r}: ")
    assert what in line
    assert "\n" not in line


@pytest.mark.fault("b35")
@pytest.mark.parametrize("value", [float("nan"), float("inf")])
@pytest.mark.parametrize("key", ["optimizer.lr", "trainer.gradient_clip_val"])
def test_a_number_that_is_not_finite_is_refused(key, value):
    with pytest.raises(UserError, match=f"{key}=.*finite"):
        with_value(key, value)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("optimizer.lr", 1),
        ("trainer.max_steps", -1),
        ("trainer.gradient_clip_val", None),
        ("trainer.limit_val_batches", 0.5),
        ("callbacks.early_stopping", None),
        ("name", "größe 1,5"),
        ("name", 7),
    ],
)
def test_values_that_make_sense_pass(key, value):
    with_value(key, value)


@pytest.mark.fault("s8")
@pytest.mark.parametrize("name", ["../../x", "/abs", "a\0b", "x" * 300])
def test_the_name_of_a_run_leads_nowhere_else(name):
    with pytest.raises(UserError, match="without '/'"):
        folder_name(name, 1)
    assert folder_name("gru", 1) == "gru-seed1"


def files_in(folder: Path) -> list[str]:
    return sorted(str(file.relative_to(folder)) for file in folder.rglob("*"))


@pytest.mark.fault("s8")
@pytest.mark.parametrize("override", ["name=../../x", "seed=../../x"])
def test_a_name_is_refused_before_its_folder_is_made(run: Command, override, tmp_path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    done = run("train", "data=demo", override, cwd=tmp_path / "a" / "b")
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: {override.split('=')[0]}='../../x': ")
    assert done.stderr.count("\n") == 1
    assert files_in(tmp_path) == ["a", "a/b"]


@pytest.mark.fault("b46")
@pytest.mark.parametrize("folder", ["file", "file/run", "x" * 300])
def test_a_run_folder_that_cannot_be_one_is_named(run: Command, folder, tmp_path):
    (tmp_path / "file").touch()
    done = run("train", "data=demo", f"hydra.run.dir={folder}")
    assert done.returncode == 2, done.stderr
    assert f"cannot make the run folder {folder[:200]}" in done.stderr
    assert "choose another hydra.run.dir" in done.stderr
    assert done.stderr.count("\n") == 1
    assert files_in(tmp_path) == ["file"]


KEYS = [
    *("optimizer.lr", "trainer.max_epochs", "seed", "model.hidden_size", "data.batch_size", "name"),
    *("data.max_length", "model.dropout", "trainer.precision", "model.pooling", "trainer.devices"),
    *("callbacks.early_stopping", "+trainer.limit_val_batches", "data.labels", "scheduler.warmup"),
    *("embedding.dim", "tokenizer.vocabulary_size", "data.train_size"),
]
WRITTEN = st.one_of(
    *(st.integers().map(str), st.floats().map(str), st.sampled_from(["true", "false", "null"])),
    *(st.text(max_size=8), st.lists(st.integers(), max_size=2).map(str)),
    st.sampled_from(["'", "[1,", "${seed}", "{a:1}", "\\", "a=b", ""]),
)


def line_of(override: str, folder: Path) -> str:
    """What a user is told of an override; nothing where all can be built."""
    try:
        build(compose(override), folder)
    except Exception as error:
        if not is_mistake(error):
            raise
        return explain(error)
    return ""


@pytest.mark.battery
@pytest.mark.fault("d5")
@settings(max_examples=200, suppress_health_check=list(HealthCheck))
@given(key=st.sampled_from(KEYS), value=WRITTEN)
def test_any_override_builds_or_is_one_line(key, value, tmp_path_factory):
    assert "\n" not in line_of(f"{key}={value}", tmp_path_factory.getbasetemp())


@pytest.mark.fault("d5")
def test_null_is_no_choice(tmp_path):
    assert "null is not a choice" in line_of("logger=null", tmp_path)
