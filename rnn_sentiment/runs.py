"""The run folder: what a run leaves behind, and which process may write to it."""

from __future__ import annotations

import importlib.metadata
import io
import json
import os
import platform
import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import yaml
from filelock import FileLock, Timeout
from omegaconf import DictConfig, ListConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt

from rnn_sentiment.errors import UserError
from rnn_sentiment.manifest import CONFIG, OVERRIDES
from rnn_sentiment.storage import read_file, read_json, remove_leftovers, validated, write_file
from rnn_sentiment.upgrade import upgrade

DEEPEST = 50  # nested lists and mappings in YAML; a configuration has seven levels
LARGEST_YAML = 2**18  # bytes; a configuration has about 5,000; a million would take ten seconds
PARSER = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader  # C is ten times as fast
LANGUAGE_MODEL = "rnn_sentiment.pretraining.LanguageNetwork"  # the model of a language model's run


class StoredPart(BaseModel):
    """Rows, rows per label and digest of one part of a corpus."""

    model_config = ConfigDict(strict=True)

    rows: NonNegativeInt
    labels: list[NonNegativeInt]
    digest: str


class StoredParts(BaseModel):
    """The labelled parts of a corpus."""

    train: StoredPart
    validation: StoredPart | None = None
    test: StoredPart | None = None


class StoredCorpus(BaseModel):
    """The contents of `corpus.json`: class names, and which corpus it was."""

    model_config = ConfigDict(strict=True)

    labels: Annotated[list[str], Field(min_length=2)]
    several: bool = False  # whether a text can have several labels
    parts: StoredParts


def claim(folder: Path, resume: bool) -> FileLock:
    """Lock a run folder for this process until the lock is released or the process ends.

    Raises:
        UserError: another process uses it, or it holds a run that is not being resumed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / ".lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise UserError(
            f"the run folder {folder} is in use by another process; choose another hydra.run.dir"
        ) from None
    if not resume and (folder / CONFIG).exists():
        raise UserError(
            f"the run folder {folder} already holds a run; continue it with resume={folder} or "
            "choose another hydra.run.dir"
        )
    remove_leftovers(folder)
    return lock


def refuse_links(folder: Path) -> None:
    """Reject an untrusted run folder that contains links, before anything is written to it.

    Raises:
        UserError: it contains a link, so that files could be written elsewhere.
    """
    for path, folders, files in os.walk(folder):
        for name in (*folders, *files):
            if os.path.islink(os.path.join(path, name)):
                raise UserError(f"{path}/{name} is a link, which no run creates; refused")


def save_config(folder: Path, cfg: DictConfig) -> None:
    """Write the resolved configuration in one step."""
    (folder / ".hydra").mkdir(exist_ok=True)
    write_file(folder / CONFIG, OmegaConf.to_yaml(cfg, resolve=True))


def save_overrides(folder: Path, overrides: list[str]) -> None:
    """Write the overrides that led to the configuration."""
    OmegaConf.save(OmegaConf.create(overrides), folder / OVERRIDES)


def load_config(folder: Path) -> DictConfig:
    """Read the configuration of a run.

    Raises:
        UserError: the folder holds no run, or its configuration is damaged.
    """
    file = folder / CONFIG
    if not file.exists():
        raise UserError(f"{folder} is not a run folder: it has no {CONFIG}")
    cfg = _parse_yaml(file)
    if not isinstance(cfg, DictConfig):
        raise UserError(f"{file} is not a configuration")
    has_corpus = (folder / "corpus.json").exists()
    try:
        cfg = upgrade(cfg, load_corpus(folder).parts if has_corpus else None)
        if OmegaConf.select(cfg, "tokenizer.path") is not None:
            cfg.tokenizer.path = str(folder / "tokenizer.json")  # wherever it came from
        return cfg
    except (LookupError, TypeError, AttributeError, StopIteration) as error:
        raise UserError(f"{file} is not a configuration of this package: {error!r}") from None


def load_classifier_config(folder: Path) -> DictConfig:
    """Read the configuration of a run that trained a classifier.

    Raises:
        UserError: as in `load_config`, or the run trained a language model.
    """
    cfg = load_config(folder)
    if OmegaConf.select(cfg, "model._target_") == LANGUAGE_MODEL:
        raise UserError(
            f"{folder} holds a language model, which has no classes; train a classifier from it "
            f"with python -m rnn_sentiment.train pretrained={folder}"
        )
    return cfg


def load_overrides(folder: Path) -> list[str]:
    """Read the overrides that led to the configuration of a run.

    Raises:
        UserError: there are none, or they are damaged.
    """
    file = folder / OVERRIDES
    overrides = _parse_yaml(file)
    if not isinstance(overrides, ListConfig):
        raise UserError(f"{file} is not a list of overrides")
    return [str(override) for override in overrides]


def _parse_yaml(file: Path) -> Any:
    contents = read_file(file, LARGEST_YAML)
    try:
        text = contents.decode()
        refuse_unfolding(text)
        return OmegaConf.load(io.StringIO(text))
    except UserError:
        raise
    except (yaml.YAMLError, OmegaConfBaseException, OSError, ValueError, RecursionError) as error:
        deep = "recursion" in str(error)  # OmegaConf wraps it in its own error
        reason = "it is nested too deeply" if deep else " ".join(str(error).split())
        raise UserError(f"{file} cannot be read: {reason}") from None


def refuse_unfolding(text: str) -> None:
    """Reject YAML that would take far more time or memory to read than its length suggests.

    Raises:
        ValueError: it has aliases, which can fill the memory in twenty lines, or is nested so
            deeply that reading it takes quadratic time.
    """
    depth = 0
    for event in yaml.parse(text, PARSER):
        if isinstance(event, yaml.AliasEvent):
            raise ValueError("it holds an alias, which no run writes")
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise ValueError("it is nested too deeply")


def load_results(folder: Path) -> dict[str, Any]:
    """Read `results.json`; empty if the run has not written it yet.

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


def save_results(folder: Path, results: dict[str, Any]) -> None:
    """Write `results.json` in one step."""
    write_file(folder / "results.json", json.dumps(results, indent=2) + "\n")


class TrainedOn(NamedTuple):
    """Class names, fingerprint of the corpus, and whether a text can have several labels."""

    labels: tuple[str, ...]
    parts: dict[str, Any]
    several: bool


def save_corpus(
    folder: Path, labels: Sequence[str], parts: dict[str, Any], several: bool = False
) -> None:
    """Write `corpus.json`; see `TrainedOn`."""
    identity = {"labels": list(labels), "several": several, "parts": parts}
    write_file(folder / "corpus.json", json.dumps(identity, indent=2) + "\n")


def load_corpus(folder: Path) -> TrainedOn:
    """Read which corpus a run is trained on.

    Raises:
        UserError: the run stopped before its corpus was read.
    """
    file = folder / "corpus.json"
    if not os.path.lexists(file):
        raise UserError(f"{folder} has no corpus.json: it is not a trained run")
    stored = validated(StoredCorpus, read_json(file), file)
    parts = stored.parts.model_dump(exclude_none=True)
    return TrainedOn(tuple(stored.labels), parts, stored.several)


def example(data: Mapping[str, Any]) -> str:
    """A text to try a model on, given the section `data` of its `results.json`."""
    of_films = data.get("source") == "demo" or data.get("title") == "IMDB"
    return "A quiet, honest film." if of_films else "A text to classify."


def provenance() -> dict[str, Any]:
    """Versions and command line of this process."""
    packages = ("rnn_sentiment", "torch", "lightning", "tokenizers", "hydra-core", "torchmetrics")
    versions = {"python": platform.python_version()}
    for name in packages:
        versions[name] = importlib.metadata.version(name)
    module = getattr(sys.modules["__main__"], "__spec__", None)
    program = ["python", "-m", module.name] if module else ["python", sys.argv[0]]
    return {"versions": versions, "command": shlex.join([*program, *sys.argv[1:]])}
