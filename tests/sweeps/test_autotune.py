"""`autotune=10m` is a search over a few settings, the usual ones first."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

import hydra
import optuna
import pytest
from hydra.core.global_hydra import GlobalHydra
from hydra.core.utils import JobStatus

from rnn_sentiment.configuration import CONF, compose, validate
from rnn_sentiment.errors import UserError
from rnn_sentiment.sweeps import tune
from rnn_sentiment.train import with_sweep


def composed_params() -> dict[str, str]:
    GlobalHydra.instance().clear()
    with hydra.initialize_config_dir(str(CONF), version_base="1.3"):
        cfg = hydra.compose("train", ["sweep=autotune"], return_hydra_config=True)
    return {str(key): str(value) for key, value in cfg.hydra.sweeper.params.items()}


PARAMS = composed_params()


@pytest.mark.parametrize(
    ("value", "minutes"), [("10m", "10"), ("1h", "60"), ("0.5m", "0.5"), ("1.5h", "90")]
)
def test_a_time_is_a_search(value, minutes):
    found = with_sweep(["model=gru", f"autotune={value}"])
    assert found == ["model=gru", "sweep=autotune", f"sweep.minutes={minutes}"]
    assert with_sweep(["model=gru"]) == ["model=gru"]


@pytest.mark.parametrize("value", ["10", "m", "0m", "-1m", "ten", ""])
def test_what_is_no_time_is_refused(value):
    with pytest.raises(UserError, match="give a time"):
        with_sweep([f"autotune={value}"])


@pytest.mark.slow
def test_all_settings_that_are_tried_can_be_trained():
    fixed, space = tune.split(PARAMS, ["model=lstm"])
    assert fixed == ["model=lstm"]
    for which in (0, 1):
        validate(compose("name=a", *(f"{k}={v.choices[which]}" for k, v in space.items())))
    first = compose(*(f"{key}={values.choices[0]}" for key, values in space.items()))
    assert first == compose()


def test_a_setting_that_is_given_is_not_searched():
    fixed, space = tune.split(PARAMS, ["embedding.dropout=0.3"])
    assert "embedding.dropout=0.3" in fixed
    assert set(space) == set(PARAMS) - {"embedding.dropout"}


def search(minutes: float, seconds: float) -> list[list[str]]:
    """The overrides of all trials, in their order, where a batch takes so many seconds."""
    asked: list[list[str]] = []
    clock = 0.0

    def launch(jobs: list[list[str]], initial_job_idx: int) -> list[Any]:
        nonlocal clock
        clock += seconds
        asked.extend(jobs)
        ended = SimpleNamespace(working_dir="run", status=JobStatus.COMPLETED, return_value=0.5)
        return [ended] * len(jobs)

    fixed, space = tune.split(PARAMS, [])
    settings: Any = SimpleNamespace(minutes=minutes, trials=None, jobs=2)
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=1))
    tune.begin_with_the_usual(study, space)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "monotonic", lambda: clock)
        tune.search(study, SimpleNamespace(launch=launch), settings, fixed, space)  # type: ignore[arg-type]
    return asked


def test_the_usual_settings_come_first_and_none_twice():
    found = search(minutes=10, seconds=1)
    assert "embedding.dropout=0.6" in found[0]
    assert {"pace.steps=800", "ngrams=naive_bayes", "embedding.word_dropout=0.4"} < set(found[0])
    assert len({tuple(own) for own in found}) == len(found)
    assert len(found) > 10  # of 16


def test_no_trial_begins_that_would_end_too_late():
    # Two batches of two, at 0 and 250 s, of which one may be known; at 500 s too little is left.
    assert 2 < len(search(minutes=10, seconds=250)) <= 4
