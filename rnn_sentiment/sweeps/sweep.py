"""Run a sweep: from the configurations of its jobs to their run folders."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Annotated, Any

from omegaconf import DictConfig, OmegaConf
from pydantic import Field
from pydantic.dataclasses import dataclass

from rnn_sentiment import configuration, manifest, runs
from rnn_sentiment.data.stored import as_taken
from rnn_sentiment.errors import UserError, interruptible
from rnn_sentiment.identity import config_differences, deciding_keys
from rnn_sentiment.sweeps.jobs import Job, run_jobs, train_command
from rnn_sentiment.sweeps.overview import Overview
from rnn_sentiment.upgrade import short_name

LONGEST = 100  # characters of a folder's name
NO_OVERRIDES = "defaults"  # the name of a job without overrides
AT_ONCE = 2  # processes without GPUs; more might not fit in memory


@dataclass(frozen=True)
class Settings:
    """How the jobs of a sweep run: the section `sweep` of a configuration.

    Args:
        jobs: number of processes at once; None for one per GPU, or two without GPUs.
        timeout: minutes after which a job is stopped; None for no limit.
        resume: keep completed runs, and run those that are missing or failed.
        report: end with a table of all runs and a report.
    """

    jobs: Annotated[int, Field(ge=1)] | None
    timeout: Annotated[float, Field(gt=0)] | None
    resume: bool
    report: bool

    def num_slots(self, gpus: Sequence[str]) -> int:
        """Number of processes at once."""
        return self.jobs or len(gpus) or AT_ONCE


def prepare(
    configurations: Sequence[DictConfig],
    overrides: Sequence[Sequence[str]],
    fixed: Collection[str],
    folder: Path,
    resume: bool,
) -> list[Job]:
    """Create the jobs of a sweep, each with a folder named after the overrides that vary.

    Args:
        configurations: composed configurations of the jobs.
        overrides: overrides of each job, as on a command line.
        fixed: overrides that all jobs of the sweep share.
        folder: the folder of the sweep.
        resume: keep completed runs.

    Raises:
        UserError: a job cannot be run this way, or was run before.
    """
    jobs = []
    for name, own, cfg in zip(names(overrides, fixed), overrides, configurations, strict=True):
        refuse_several_processes(cfg)
        configuration.validate(cfg)
        run = folder / name
        log = folder / "logs" / f"{name}.log"
        job = Job(name, train_command(own, run), run, log, cross_validation(own, fixed))
        keep_or_clear(job, cfg, resume)
        jobs.append(job)
    return jobs


def run_sweep(
    jobs: Sequence[Job], earlier: Sequence[Job], settings: Settings, on_gpu: bool
) -> None:
    """Run the waiting jobs, and show their progress.

    Args:
        jobs: the jobs to run; their states and results are updated.
        earlier: jobs of earlier calls, for the overview.
        settings: how to run them.
        on_gpu: give each process its own GPU.

    Raises:
        Interrupted: the sweep was stopped, along with its jobs.
    """
    gpus = visible_gpus() if on_gpu else []
    num_slots = settings.num_slots(gpus)
    threads = max(1, (os.cpu_count() or 1) // num_slots)

    def environment(slot: int) -> dict[str, str]:
        found = {"OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", str(threads))}
        if gpus:
            found["CUDA_VISIBLE_DEVICES"] = gpus[slot % len(gpus)]
        return found

    timeout = settings.timeout and 60 * settings.timeout
    where = f"hydra.sweep.dir={jobs[0].folder.parent}"
    go_on = f"the same command with sweep.resume=true {where} runs what is missing"
    overview = Overview([*earlier, *jobs], num_slots)
    with interruptible(lambda: go_on), overview:
        run_jobs(jobs, num_slots, environment, timeout, overview.update)


def names(overrides: Sequence[Sequence[str]], fixed: Collection[str]) -> list[str]:
    """Name jobs by the overrides in which they differ, in characters that are safe for folders.

    Names do not depend on the order of overrides or on how the sweep is run, so a sweep can be
    resumed with another `sweep.jobs` or with its overrides in another order.
    """
    found: list[str] = []
    for own in overrides:
        name = joined(varied(own, fixed) or varied(own, ()) or [NO_OVERRIDES])
        if len(name) > LONGEST or name in found:
            digest = hashlib.blake2b(repr(own).encode(), digest_size=4).hexdigest()
            name = f"{name[:LONGEST]}-{digest}"
        found.append(name)
    return found


def varied(overrides: Sequence[str], fixed: Collection[str]) -> list[str]:
    """The overrides of a job that vary in the sweep, by their short names."""
    own = [o for o in overrides if o not in fixed and not o.startswith(("sweep.", "sweep="))]
    return sorted(map(short_name, own), key=lambda override: override.split("=")[0])


def joined(overrides: Sequence[str]) -> str:
    """Join overrides to one name, in characters that are safe for folders."""
    return ",".join(re.sub(r"[^\w=.+-]+", "_", override).strip("_.") for override in overrides)


def cross_validation(overrides: Sequence[str], fixed: Collection[str]) -> str | None:
    """The overrides that vary besides the fold; None if the fold does not vary."""
    own = varied(overrides, fixed)
    others = [override for override in own if not override.startswith("data.fold=")]
    return None if len(others) == len(own) else joined(others)


def refuse_several_processes(cfg: DictConfig) -> None:
    """Check that a job is one process on one device.

    Raises:
        UserError: the job would start several processes.
    """
    if str(cfg.trainer.strategy).startswith("ddp") or cfg.trainer.devices not in (1, "1"):
        raise UserError(
            f"trainer.strategy={cfg.trainer.strategy} trainer.devices={cfg.trainer.devices}: a job "
            "of a multirun is one process on one device; leave out -m, or use trainer=cpu or "
            "trainer=gpu"
        )


def keep_or_clear(job: Job, cfg: DictConfig, resume: bool) -> None:
    """Keep a completed run of the same configuration; clear the folder of any other run.

    Raises:
        UserError: the folder holds a run of another configuration, or `resume` is not set.
    """
    if not (job.folder / manifest.CONFIG).exists():
        return
    with runs.claim(job.folder, resume=True):  # raises if it is in use
        pass
    if not resume:
        raise UserError(
            f"{job.folder} holds a run already; sweep.resume=true runs what is missing or failed, "
            "hydra.sweep.dir=FOLDER starts elsewhere"
        )
    results = completed_results(job.folder)
    if not results:
        shutil.rmtree(job.folder)
        return
    before = runs.load_config(job.folder)
    stored, wanted = plain(before), plain(as_taken(cfg, before))
    if differences := config_differences(deciding_keys(stored), deciding_keys(wanted)):
        raise UserError(
            f"{job.folder} was run with other settings ({', '.join(differences[:3])}); "
            "hydra.sweep.dir=FOLDER starts elsewhere"
        )
    if cfg.test and "test" not in results:
        raise UserError(
            f"{job.folder} was run with test=false; score it with python -m rnn_sentiment.evaluate "
            f"run={job.folder}, then resume the sweep"
        )
    job.state, job.results = "kept", results


def plain(cfg: DictConfig) -> dict[Any, Any]:
    """A configuration with the absolute path of its corpus, as runs store it."""
    found = OmegaConf.to_container(cfg, resolve=True)
    assert isinstance(found, dict)
    source = found["data"].get("source") or {}
    if source.get("path"):
        source["path"] = os.path.abspath(Path(source["path"]).expanduser())
    return found


def completed_results(folder: Path) -> dict[str, Any]:
    """The results of a completed run; empty for a run that must be repeated."""
    try:
        results = runs.load_results(folder)
    except UserError:  # damaged
        return {}
    return results if results.get("status") == "completed" else {}


def visible_gpus() -> list[str]:
    """The GPUs available to jobs, as CUDA_VISIBLE_DEVICES names them."""
    if "CUDA_VISIBLE_DEVICES" in os.environ:
        return [name for name in os.environ["CUDA_VISIBLE_DEVICES"].split(",") if name]
    import torch

    return [str(i) for i in range(torch.cuda.device_count())]
