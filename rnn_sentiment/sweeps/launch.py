"""Run jobs for Hydra: from a launcher's overrides to the results that its sweeper reads."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.utils import JobReturn, JobStatus
from hydra.types import HydraContext
from omegaconf import DictConfig, OmegaConf, open_dict

from rnn_sentiment import configuration
from rnn_sentiment.sweeps.jobs import Job
from rnn_sentiment.sweeps.overview import print_failures, print_table, score
from rnn_sentiment.sweeps.sweep import Settings, prepare, run_sweep


def launch(
    context: HydraContext,
    config: DictConfig,
    overrides: Sequence[Sequence[str]],
    earlier: Sequence[Job],
) -> tuple[list[Job], list[JobReturn]]:
    """Run jobs with the given overrides.

    Raises:
        UserError: a job cannot be run this way, or was run before.
    """
    settings: Settings = configuration.make(config, "sweep")
    load = context.config_loader.load_sweep_config
    effective = [last_overrides(own) for own in overrides]
    unique = list(dict.fromkeys(effective))
    configurations = [job_config(load(config, list(own))) for own in unique]
    folder = Path(config.hydra.sweep.dir).absolute()
    fixed = fixed_overrides([*params(config), *config.hydra.overrides.task])
    jobs = prepare(configurations, unique, fixed, folder, settings.resume)
    on_gpu = any(cfg.trainer.accelerator in ("gpu", "cuda") for cfg in configurations)
    run_sweep(jobs, earlier, settings, on_gpu)
    if settings.report:
        print_table(jobs)
        report_on(folder)
    print_failures(jobs)
    by_overrides = dict(zip(unique, jobs, strict=True))
    metric = chosen_by(config)
    return jobs, [as_return(by_overrides[own], own, metric) for own in effective]


def chosen_by(config: DictConfig) -> str:
    """The validation score that ranks runs: the metric that chooses the best epoch."""
    return str(OmegaConf.select(config, "metrics.best") or "val/accuracy").removeprefix("val/")


def report_on(folder: Path, *options: str) -> None:
    """Write the report of a sweep, if any of its runs can be reported."""
    command = [sys.executable, "-m", "rnn_sentiment.report", str(folder), *options]
    done = subprocess.run([*command, f"out={folder / 'report'}"], stderr=subprocess.PIPE)
    if done.returncode:
        reason = done.stderr.decode(errors="replace").strip().removeprefix("error: ")
        print(f"no report: {reason}")


def params(config: DictConfig) -> list[str]:
    """The overrides that the sweeper's configuration adds to the command line."""
    return [f"{key}={value}" for key, value in (config.hydra.sweeper.get("params") or {}).items()]


def last_overrides(overrides: Sequence[str]) -> tuple[str, ...]:
    """The last override of each key; those on the command line come after those of `sweep=NAME`."""
    return tuple({text.partition("=")[0].lstrip("+"): text for text in overrides}.values())


def fixed_overrides(overrides: Sequence[str]) -> set[str]:
    """Overrides with one value, as given and as Hydra writes them; the last of a key counts."""
    parsed = OverridesParser.create().parse_overrides(list(overrides))
    last = {override.get_key_element(): override for override in parsed}
    return {
        text
        for key, override in last.items()
        if not override.is_sweep_override()
        for text in (f"{key}={override.get_value_element_as_str()}", str(override.input_line))
    }


def as_return(job: Job, overrides: Sequence[str], metric: str) -> JobReturn:
    """Convert a job to Hydra's result: its validation score, or the sweep's exit status."""
    failed = job.state == "failed"
    return JobReturn(
        overrides=list(overrides),
        task_name="train",
        working_dir=str(job.folder),
        status=JobStatus.FAILED if failed else JobStatus.COMPLETED,
        _return_value=SystemExit(1) if failed else score(job, metric=metric),
    )


def job_config(cfg: DictConfig) -> DictConfig:
    """The configuration in the form that a run reads."""
    own = cfg.copy()
    with open_dict(own):
        if OmegaConf.is_interpolation(own, "name"):  # needs the choices, which only Hydra knows
            own.name = cfg.hydra.runtime.choices.model
        own.pop("hydra", None)
    return own
