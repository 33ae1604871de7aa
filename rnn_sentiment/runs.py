"""The run folder: what lasts of a run, and who may write to it."""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from omegaconf import DictConfig, OmegaConf

from rnn_sentiment.errors import UserError
from rnn_sentiment.upgrade import upgrade

INITIAL_VECTORS = "initial_vectors.npy"  # (V, E) float32: the embedding's table before training


def claim(folder: Path, resume: bool) -> FileLock:
    """Take a run folder for this process until the lock is released or the process ends.

    Raises:
        UserError: another process writes to it, or it holds a run that is not being resumed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / ".lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise UserError(
            f"the run folder {folder} is in use by another process; choose another hydra.run.dir"
        ) from None
    if not resume and (folder / ".hydra" / "config.yaml").exists():
        raise UserError(
            f"the run folder {folder} already holds a run; continue it with resume={folder} or "
            "choose another hydra.run.dir"
        )
    return lock


def save_config(folder: Path, cfg: DictConfig) -> None:
    """Write the resolved configuration in one step."""
    (folder / ".hydra").mkdir(exist_ok=True)
    temporary = folder / ".hydra" / f".config.yaml.{os.getpid()}"
    OmegaConf.save(cfg, temporary, resolve=True)
    os.replace(temporary, folder / ".hydra" / "config.yaml")


def save_overrides(folder: Path, overrides: list[str]) -> None:
    """Write the overrides that led to the configuration."""
    OmegaConf.save(OmegaConf.create(overrides), folder / ".hydra" / "overrides.yaml")


def load_config(folder: Path) -> DictConfig:
    """Read the configuration of a run.

    Raises:
        UserError: the folder holds no run.
    """
    try:
        cfg = OmegaConf.load(folder / ".hydra" / "config.yaml")
    except FileNotFoundError:
        raise UserError(f"{folder} is not a run folder: it has no .hydra/config.yaml") from None
    assert isinstance(cfg, DictConfig)
    has_corpus = (folder / "corpus.json").exists()
    return upgrade(cfg, load_corpus(folder)[1] if has_corpus else None)


def load_results(folder: Path) -> dict[str, Any]:
    """Read `results.json`; empty where the run has not written it yet."""
    file = folder / "results.json"
    results: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}
    return results


def save_results(folder: Path, results: dict[str, Any]) -> None:
    """Write `results.json` in one step."""
    temporary = folder / f".results.json.{os.getpid()}"
    temporary.write_text(json.dumps(results, indent=2) + "\n")
    os.replace(temporary, folder / "results.json")


def save_corpus(folder: Path, labels: Sequence[str], parts: dict[str, Any]) -> None:
    """Write what the run is trained on: names of the classes, and the corpus' fingerprint."""
    identity = {"labels": list(labels), "parts": parts}
    (folder / "corpus.json").write_text(json.dumps(identity, indent=2) + "\n")


def load_corpus(folder: Path) -> tuple[tuple[str, ...], dict[str, Any]]:
    """Read the names of a run's classes, and the fingerprint of its corpus.

    Raises:
        UserError: the run stopped before its corpus was read.
    """
    try:
        stored = json.loads((folder / "corpus.json").read_text())
    except FileNotFoundError:
        raise UserError(f"{folder} has no corpus.json: it is not a trained run") from None
    return tuple(stored["labels"]), stored["parts"]


def provenance() -> dict[str, Any]:
    """Versions and command line of this process."""
    packages = ("rnn_sentiment", "torch", "lightning", "tokenizers", "hydra-core", "torchmetrics")
    versions = {"python": platform.python_version()}
    for name in packages:
        versions[name] = importlib.metadata.version(name)
    module = getattr(sys.modules["__main__"], "__spec__", None)
    program = ["python", "-m", module.name] if module else ["python", sys.argv[0]]
    return {"versions": versions, "command": shlex.join([*program, *sys.argv[1:]])}
