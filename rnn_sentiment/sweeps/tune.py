"""A search with Optuna by validation score; the test part is scored once, at the end."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import yaml
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import IntervalSweep, Override
from hydra.core.utils import JobReturn, JobStatus
from hydra.plugins.launcher import Launcher
from omegaconf import DictConfig
from pydantic import Field
from pydantic.dataclasses import dataclass

from rnn_sentiment import configuration
from rnn_sentiment.errors import UserError
from rnn_sentiment.extras import need
from rnn_sentiment.sweeps.launch import chosen_by
from rnn_sentiment.sweeps.sweep import AT_ONCE, Settings
from rnn_sentiment.sweeps.timebox import TimeBox
from rnn_sentiment.values import mode_of

if TYPE_CHECKING:
    from optuna import Study
    from optuna.distributions import BaseDistribution

RESULTS = "optimization_results.yaml"
ENOUGH = 20  # rounds without new trials, after which a small space counts as exhausted


@dataclass(frozen=True)
class TuneSettings(Settings):
    """How a search runs: the section `sweep` of `sweep=tune`.

    Args:
        minutes: time limit; no trial begins that would probably exceed it.
        trials: maximum number of trials; None for as many as fit in the time.
    """

    minutes: Annotated[float, Field(gt=0)]
    trials: Annotated[int, Field(ge=1)] | None


def tune(
    launcher: Launcher, config: DictConfig, params: dict[str, str], arguments: list[str]
) -> None:
    """Run trials, name the best one by `metrics.best`, and score it on the test part.

    Raises:
        UserError: Optuna is missing, or there is nothing to search.
        SystemExit: with status 1 if no trial succeeded or the best one cannot be scored.
    """
    need("sweep=tune", "tune", "optuna")
    import optuna

    settings: TuneSettings = configuration.make(config, "sweep")
    fixed, space = split(params, arguments)
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    metric = chosen_by(config)
    study = optuna.create_study(
        direction="minimize" if mode_of(metric) == "min" else "maximize",
        sampler=optuna.samplers.TPESampler(seed=config.seed),
    )
    begin_with_the_usual(study, space)
    search(study, launcher, settings, fixed, space)
    finished = [trial for trial in study.trials if trial.value is not None]
    if not finished:
        print("error: no trial succeeded", file=sys.stderr)
        sys.exit(1)
    best, score = study.best_trial, study.best_value
    found = {
        f"best_validation_{metric}": score,
        "best_params": best.params,
        "run": best.user_attrs["run"],
        "trials": len(study.trials),
        "failed_trials": len(study.trials) - len(finished),
    }
    folder = Path(config.hydra.sweep.dir)
    (folder / RESULTS).write_text(yaml.safe_dump(found, sort_keys=False))
    print(f"best of {len(finished)} trials: validation {metric} {score:.4f} with")
    print(" ", " ".join(f"{key}={value}" for key, value in best.params.items()), flush=True)
    module = [sys.executable, "-m", "rnn_sentiment.evaluate", f"run={found['run']}"]
    if subprocess.run(module).returncode:
        sys.exit(1)


def begin_with_the_usual(study: Study, space: dict[str, BaseDistribution]) -> None:
    """Let the first trial use the first value of each choice, if only choices vary."""
    from optuna.distributions import CategoricalDistribution

    choices = {k: d.choices for k, d in space.items() if isinstance(d, CategoricalDistribution)}
    if len(choices) == len(space):
        study.enqueue_trial({key: values[0] for key, values in choices.items()})


def search(
    study: Study,
    launcher: Launcher,
    settings: TuneSettings,
    fixed: Sequence[str],
    space: dict[str, BaseDistribution],
) -> None:
    """While there is time, ask for trials, run them in parallel and report their results."""
    from optuna.trial import TrialState

    box, fruitless = TimeBox(settings.minutes), 0
    known: dict[tuple[str, ...], JobReturn] = {}
    while len(study.trials) < (settings.trials or sys.maxsize) and box.has_room():
        left = (settings.trials or sys.maxsize) - len(study.trials)
        trials = [study.ask(space) for _ in range(min(settings.jobs or AT_ONCE, left))]
        asked = [tuple(f"{key}={value}" for key, value in t.params.items()) for t in trials]
        new = list(dict.fromkeys(own for own in asked if own not in known))
        fruitless = 0 if new else fruitless + 1
        if fruitless == ENOUGH:
            return
        if new:
            returns = launcher.launch([[*fixed, *own] for own in new], initial_job_idx=len(known))
            known |= dict(zip(new, returns, strict=True))
        for trial, own in zip(trials, asked, strict=True):
            ended = known[own]
            trial.set_user_attr("run", ended.working_dir)
            if ended.status == JobStatus.COMPLETED:
                study.tell(trial, ended.return_value)
            else:
                study.tell(trial, state=TrialState.FAIL)
        if not any(ended.status == JobStatus.COMPLETED for ended in known.values()):
            return


def split(
    params: dict[str, str], arguments: Sequence[str]
) -> tuple[list[str], dict[str, BaseDistribution]]:
    """Separate the overrides that all trials share from the search space.

    Raises:
        UserError: there is nothing to search.
    """
    parser = OverridesParser.create()
    texts = [*(f"{key}={value}" for key, value in params.items()), *arguments]
    fixed: dict[str, str] = {}
    space: dict[str, BaseDistribution] = {}
    for override in parser.parse_overrides(texts):
        key = override.get_key_element()
        fixed.pop(key, None)
        space.pop(key, None)
        if override.is_sweep_override():
            space[key] = distribution(override)
        else:
            fixed[key] = str(override.input_line)
    if not space:
        raise UserError("sweep=tune: nothing varies; vary a key, as 'optimizer.lr=interval(a, b)'")
    return list(fixed.values()), space


def distribution(override: Override) -> BaseDistribution:
    """Convert a sweep in Hydra's grammar to an Optuna distribution."""
    from optuna.distributions import (
        CategoricalDistribution,
        FloatDistribution,
        IntDistribution,
    )

    value = override.value()
    if isinstance(value, IntervalSweep):
        assert value.start is not None
        assert value.end is not None
        log = "log" in value.tags
        if isinstance(value.start, int) and isinstance(value.end, int):
            return IntDistribution(value.start, value.end, log=log)
        return FloatDistribution(value.start, value.end, log=log)
    return CategoricalDistribution(list(override.sweep_string_iterator()))
