"""One run, from its configuration to a complete run folder."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from lightning.fabric.utilities.rank_zero import rank_zero_only
from omegaconf import DictConfig, OmegaConf

from rnn_sentiment import configuration, manifest, runs, trust
from rnn_sentiment.errors import UserError
from rnn_sentiment.leash import end_with_parent
from rnn_sentiment.training import slurm
from rnn_sentiment.training.recording import can_continue, recorded

PATIENCE = 15.0  # seconds that other processes wait for the first one to report an error

log = logging.getLogger(__name__)


def train(cfg: DictConfig) -> None:
    """Train or continue the run that `cfg` describes, and leave a complete run folder.

    Raises:
        UserError: the configuration, the corpus or the run folder cannot be used.
        MachineError: the machine ended the run; its last finished epoch is kept.
        Interrupted: the run was stopped; its last finished epoch is kept.
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
    if getattr(rank_zero_only, "rank", 0):
        join(cfg, folder, fit)
        return
    with runs.claim(folder, resume=cfg.resume is not None or requeued):
        if cfg.resume is None:
            runs.save_config(folder, cfg)
            runs.save_overrides(folder, overrides)
        with recorded(cfg, folder) as results:
            results |= {**fit(cfg, folder), "status": "completed", "error": None}
        print_results(results, folder)


def join(cfg: DictConfig, folder: Path, fit: Callable[[DictConfig, Path], Any]) -> None:
    """Take part in a run as an additional process; the first one writes the folder."""
    end_with_parent(os.getppid())
    logging.getLogger("rnn_sentiment").setLevel(logging.ERROR)  # the first one logs it already
    if (folder / manifest.CONFIG).exists():  # with the source that the first process used
        keep_cache(stored := runs.load_config(folder), cfg)
        own = OmegaConf.to_container(cfg.data)
        cfg.data = stored.data
        if isinstance(own, dict) and "batch_size" in own:
            cfg.data.batch_size = own["batch_size"]  # every process derives it from the corpus
    try:
        fit(cfg, folder)
    except Exception:
        time.sleep(PATIENCE)  # the first process reports the error and ends this one
        raise


def resumed_config(folder: Path, cfg: DictConfig, overrides: list[str]) -> DictConfig:
    """Load the configuration of a stopped run; only `resume` and `data.cache` may be given.

    Raises:
        UserError: there is no such run, it is complete, or other overrides were given.
    """
    manifest.verify(folder, manifest.READ_TO_RESUME)
    stored = runs.load_config(folder)
    trust.check_stored(stored)
    runs.refuse_links(folder)
    if is_complete(folder):
        raise UserError(f"resume={folder}: this run is complete; start a new one instead")
    if not can_continue(folder):
        raise UserError(
            f"resume={folder}: the run stopped before its first epoch ended; start it again"
        )
    more = [o for o in overrides if not o.startswith(("resume=", "data.cache="))]
    if more:
        raise UserError(f"resume={folder} continues the run as it was; leave out {' '.join(more)}")
    stored.resume = cfg.resume
    keep_cache(stored, cfg)
    return stored


def keep_cache(stored: DictConfig, cfg: DictConfig) -> None:
    """Put this user's cache into a stored configuration, which could name any folder."""
    if isinstance(stored.get("data"), DictConfig) and "cache" in stored.data:
        stored.data.cache = cfg.data.cache


def is_complete(folder: Path) -> bool:
    """Whether a run is complete, and its `results.json` unchanged."""
    if runs.load_results(folder).get("status") != "completed":
        return False
    try:
        manifest.verify(folder, ("results.json",))
    except UserError:
        return False
    return True
