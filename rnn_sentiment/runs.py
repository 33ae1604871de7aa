"""The run folder: what lasts of a run, and who may write to it."""

from __future__ import annotations

import importlib.metadata
import io
import json
import os
import platform
import shlex
import stat
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from filelock import FileLock, Timeout
from omegaconf import DictConfig, ListConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from rnn_sentiment.errors import UserError
from rnn_sentiment.upgrade import upgrade

INITIAL_VECTORS = "initial_vectors.npy"  # (V, E) float32: the embedding's table before training
LARGEST = 16 * 2**20  # bytes of a JSON or YAML file; a run of 1,000 epochs has under one million


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
        UserError: the folder holds no run, or its configuration is damaged.
    """
    file = folder / ".hydra" / "config.yaml"
    if not file.exists():
        raise UserError(f"{folder} is not a run folder: it has no .hydra/config.yaml")
    cfg = _parse_yaml(file)
    if not isinstance(cfg, DictConfig):
        raise UserError(f"{file} is not a configuration")
    has_corpus = (folder / "corpus.json").exists()
    try:
        return upgrade(cfg, load_corpus(folder)[1] if has_corpus else None)
    except (LookupError, TypeError, AttributeError, StopIteration) as error:
        raise UserError(f"{file} is not a configuration of this package: {error!r}") from None


def load_overrides(folder: Path) -> list[str]:
    """Read the overrides that led to the configuration of a run.

    Raises:
        UserError: there are none, or they are damaged.
    """
    file = folder / ".hydra" / "overrides.yaml"
    overrides = _parse_yaml(file)
    if not isinstance(overrides, ListConfig):
        raise UserError(f"{file} is not a list of overrides")
    return [str(override) for override in overrides]


def _parse_yaml(file: Path) -> Any:
    try:
        return OmegaConf.load(io.StringIO(read_file(file).decode()))
    except UserError:
        raise
    except (yaml.YAMLError, OmegaConfBaseException, OSError, ValueError, RecursionError) as error:
        raise UserError(f"{file} cannot be read: {' '.join(str(error).split())}") from None


def load_results(folder: Path) -> dict[str, Any]:
    """Read `results.json`; empty where the run has not written it yet.

    Raises:
        UserError: the file is damaged.
    """
    file = folder / "results.json"
    if not os.path.lexists(file):
        return {}
    results = read_json(file)
    if not isinstance(results, dict):
        raise UserError(f"{file} is damaged: it holds no JSON object")
    return results


def read_json(file: Path) -> Any:
    """Read a JSON file of a run.

    Raises:
        UserError: it cannot be read, or is not JSON in UTF-8.
    """
    try:
        return json.loads(read_file(file).decode())
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise UserError(f"{file} is not JSON: {error}") from None


def read_file(file: Path) -> bytes:
    """Read a file of a run, which may come from a stranger.

    Raises:
        UserError: it cannot be read, is a link or a device, or is longer than `LARGEST`.
    """
    try:
        status = file.lstat()
        if not stat.S_ISREG(status.st_mode):
            raise UserError(f"{file} is not a regular file")
        if status.st_size > LARGEST:
            raise UserError(f"{file} has {status.st_size:,} bytes; at most {LARGEST:,} are read")
        return file.read_bytes()
    except OSError as error:
        raise UserError(f"{file}: {error.strerror}") from None


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
