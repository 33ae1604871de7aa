"""One run from its configuration to a filled run folder."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from lightning.fabric.utilities.rank_zero import rank_zero_only
from omegaconf import DictConfig

from rnn_sentiment import configuration, machine, manifest, runs
from rnn_sentiment.commands import explain
from rnn_sentiment.errors import Interrupted, MachineError, UserError, interruptible
from rnn_sentiment.training import slurm

log = logging.getLogger(__name__)


def train(cfg: DictConfig) -> None:
    """Train, or continue, the run that `cfg` describes and leave a filled run folder.

    Raises:
        UserError: the configuration, the corpus or the run folder cannot be used.
        Interrupted: the run was told to stop; its last finished epoch is kept.
    """
    hydra_config = HydraConfig.get()
    folder = Path(hydra_config.runtime.output_dir)
    overrides = list(hydra_config.overrides.task)
    requeued = cfg.resume is None and slurm.is_requeued(folder, overrides)
    if requeued and can_continue(folder):
        cfg.resume, overrides = str(folder), []
    if cfg.resume is not None:
        folder = Path(cfg.resume).expanduser().resolve()
        cfg = resumed_config(folder, cfg, overrides)
    configuration.validate(cfg)
    for note in configuration.combinations(hydra_config.runtime.choices):
        log.info(note)
    fit, print_results = (configuration.make(cfg, f"task.{k}") for k in ("fit", "print_results"))
    if getattr(rank_zero_only, "rank", 0):  # a further process; the first one keeps the folder
        if (folder / ".hydra" / "config.yaml").exists():  # with the source that the first took
            cfg.data = runs.load_config(folder).data
        fit(cfg, folder)
        return
    with runs.claim(folder, resume=cfg.resume is not None or requeued):
        if cfg.resume is None:
            runs.save_config(folder, cfg)
            runs.save_overrides(folder, overrides)
        with recorded(cfg, folder) as results:
            results |= {**fit(cfg, folder), "status": "completed", "error": None}
        print_results(results, folder)


@contextmanager
def recorded(cfg: DictConfig, folder: Path) -> Iterator[dict[str, Any]]:
    """Give the results to fill in, and write them with the manifest, however the run ends.

    Raises:
        MachineError: a full disk or the like ended the run; says what is safe and how to go on.
    """
    results: dict[str, Any] = {"status": "failed", "error": "", **runs.provenance()}

    def record() -> None:
        runs.save_results(folder, results)
        manifest.seal(folder)

    with interruptible(lambda: how_to_go_on(folder)):
        try:
            yield results
            record()
        except BaseException as error:
            stopped = isinstance(error, Interrupted)
            results |= {
                "status": "interrupted" if stopped else "failed",
                "error": explain(error),
            }
            with suppress(OSError, MachineError):  # what ended the run may forbid this too
                record()
            if isinstance(error, MachineError) or machine.explain(error):
                raise MachineError(f"{on_memory(error, cfg)}; {how_to_go_on(folder)}") from error
            if isinstance(error, Interrupted) and (answer := slurm.requeue(error)):
                raise Interrupted(error.signum, f"{error}; {answer}") from error
            raise


def on_memory(error: BaseException, cfg: DictConfig) -> str:
    """Explain an error; where memory ran out, name the settings that need it."""
    if not machine.out_of_memory(error):
        return explain(error)
    names = [name for name in ("batch_size", "eval_batch_size") if name in cfg.data]
    sizes = ", ".join(f"data.{name}={cfg.data[name]}" for name in names)
    return f"{explain(error)}; make smaller: {sizes}"


def resumed_config(folder: Path, cfg: DictConfig, overrides: list[str]) -> DictConfig:
    """Take the configuration of a stopped run; only `resume` may be given.

    Raises:
        UserError: there is no such run, it is complete, or more was said.
    """
    manifest.verify(folder, manifest.READ_TO_RESUME)
    stored = runs.load_config(folder)
    configuration.check_stored(stored)
    if is_complete(folder):
        raise UserError(f"resume={folder}: this run is complete; start a new one instead")
    if not can_continue(folder):
        raise UserError(
            f"resume={folder}: the run stopped before its first epoch ended; start it again"
        )
    more = [o for o in overrides if not o.startswith("resume=")]
    if more:
        raise UserError(f"resume={folder} continues the run as it was; leave out {' '.join(more)}")
    stored.resume = cfg.resume
    return stored


def can_continue(folder: Path) -> bool:
    """Whether a run has finished an epoch."""
    return any((folder / "checkpoints").glob("*.ckpt"))


def is_complete(folder: Path) -> bool:
    """Whether a run ended, and what it wrote last is as it wrote it."""
    if runs.load_results(folder).get("status") != "completed":
        return False
    try:
        manifest.verify(folder, ("results.json",))
    except UserError:
        return False
    return True


def how_to_go_on(folder: Path) -> str:
    """Say what a stopped run has kept."""
    if not folder.exists():
        return "nothing is left of this run"
    if can_continue(folder):
        return f"continue with: python -m rnn_sentiment.train resume={folder}"
    return "no epoch was finished"
