"""One run from its configuration to a filled run folder."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from lightning.fabric.utilities.rank_zero import rank_zero_only
from omegaconf import DictConfig

from rnn_sentiment import configuration, manifest, runs, trust
from rnn_sentiment.commands import explain
from rnn_sentiment.errors import Interrupted, UserError, interruptible

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
    if cfg.resume is not None:
        folder = Path(cfg.resume).expanduser().resolve()
        cfg = resumed_config(folder, cfg, overrides)
    configuration.validate(cfg)
    for note in configuration.combinations(hydra_config.runtime.choices):
        log.info(note)
    fit, print_results = (configuration.make(cfg, f"task.{k}") for k in ("fit", "print_results"))
    if getattr(rank_zero_only, "rank", 0):  # a further process; the first one keeps the folder
        if (folder / ".hydra" / "config.yaml").exists():  # with the source that the first took
            keep_cache(stored := runs.load_config(folder), cfg)
            cfg.data = stored.data
        fit(cfg, folder)
        return
    with runs.claim(folder, resume=cfg.resume is not None):
        if cfg.resume is None:
            runs.save_config(folder, cfg)
            runs.save_overrides(folder, overrides)
        results: dict[str, Any] = {"status": "failed", "error": "", **runs.provenance()}
        try:
            with interruptible(lambda: how_to_go_on(folder)):
                results |= {**fit(cfg, folder), "status": "completed", "error": None}
        except Interrupted as error:
            results |= {"status": "interrupted", "error": str(error)}
            raise
        except BaseException as error:
            results["error"] = explain(error)
            raise
        finally:
            runs.save_results(folder, results)
            manifest.seal(folder)
        print_results(results, folder)


def resumed_config(folder: Path, cfg: DictConfig, overrides: list[str]) -> DictConfig:
    """Take the configuration of a stopped run; only `resume` and `data.cache` may be given.

    Raises:
        UserError: there is no such run, it is complete, or more was said.
    """
    manifest.verify(folder, manifest.READ_TO_RESUME)
    stored = runs.load_config(folder)
    trust.check_stored(stored)
    runs.refuse_links(folder)
    if is_complete(folder):
        raise UserError(f"resume={folder}: this run is complete; start a new one instead")
    if not (folder / "checkpoints" / "last.ckpt").exists():
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
    """Put this user's cache into a run's configuration: a stranger's could name any folder."""
    if isinstance(stored.get("data"), DictConfig) and "cache" in stored.data:
        stored.data.cache = cfg.data.cache


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
    if (folder / "checkpoints" / "last.ckpt").exists():
        return f"continue with: python -m rnn_sentiment.train resume={folder}"
    return "no epoch was finished"
