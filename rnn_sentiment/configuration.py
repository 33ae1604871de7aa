"""Configurations: where `conf/` lies, which keys it may hold, and how objects are built from it."""

from __future__ import annotations

import difflib
import inspect
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import takewhile
from pathlib import Path
from typing import Any

import hydra
from hydra.core.global_hydra import GlobalHydra
from hydra.errors import InstantiationException
from hydra.utils import get_object, instantiate
from omegaconf import DictConfig, ListConfig, OmegaConf
from pydantic import ValidationError

from rnn_sentiment import machine
from rnn_sentiment.errors import UserError
from rnn_sentiment.upgrade import SHORT_NAMES, full_names, short_name
from rnn_sentiment.values import check_values

PACKAGE = Path(__file__).parent
# conf/ is inside the package in a wheel, and beside it in a checkout.
CONF = next(p for p in (PACKAGE / "conf", PACKAGE.parent / "conf") if p.is_dir())
GROUPS = tuple(sorted(p.name for p in CONF.iterdir() if p.is_dir()))
# Groups that only change keys of other groups. Those named after a model and another group hold
# the defaults of that combination, such as conf/model_optimizer/rnn_adamw.yaml.
COMBINATIONS = tuple(group for group in GROUPS if group.startswith("model_"))
DELTAS = ("experiment", "finetuning", "pretraining", *COMBINATIONS)
# Keys that are not groups.
SINGLE = (*("name", "seed", "test", "resume", "pretrained"), *("profile", "task"))
TOP_LEVEL = (*(group for group in GROUPS if group not in DELTAS), *SINGLE)
BESIDE = ("trainer.kernels",)  # keys that are not passed to their section's target
OF_PARTS = ("callbacks", "logger")  # sections that hold any number of named objects


def native_precision() -> str:
    """`bf16-mixed` if this processor multiplies bfloat16 natively (about 1.5 times as fast)."""
    import torch

    native = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    return "bf16-mixed" if native else "32-true"


OmegaConf.register_new_resolver("native_precision", native_precision, replace=True)


def compose(*overrides: str, name: str = "train") -> DictConfig:
    """Compose the configuration for a command line with these overrides.

    Its key `name` is resolved only in a run, where Hydra knows which choices were made.
    """
    GlobalHydra.instance().clear()
    with hydra.initialize_config_dir(str(CONF), version_base="1.3"):
        return hydra.compose(name, full_names(overrides))


def user_cache() -> Path:
    """The user's own cache; a run from someone else could name any folder."""
    return Path(OmegaConf.load(CONF / "data" / "base.yaml").cache).expanduser()


def options(group: str) -> list[str]:
    """The choices of a configuration group."""
    return sorted(file.stem for file in (CONF / group).glob("*.yaml"))


def combinations(choices: Mapping[str, str]) -> list[str]:
    """List the defaults that the chosen model sets for the choices of other groups.

    Args:
        choices: the choice of each group, as Hydra records them.
    """
    found = []
    for group in COMBINATIONS:
        file = CONF / group / f"{choices.get(group)}.yaml"
        if file.exists():
            keys: dict[str, Any] = OmegaConf.to_container(OmegaConf.load(file))  # type: ignore[assignment]
            other = group.removeprefix("model_")
            what = f"model={choices['model']} with {other}={choices[other]}"
            found.append(f"{what}: " + ", ".join(f"{other}.{k}={v}" for k, v in keys.items()))
    return found


def unknown(where: str, name: str, valid: Iterable[str], what: str) -> str:
    """Describe an unknown name, with the nearest valid one."""
    near = difflib.get_close_matches(name, valid, 1)
    hint = f"; did you mean '{near[0]}'?" if near else f"; valid: {', '.join(valid)}"
    return f"unknown {what} {where} '{name}'{hint}".replace("  ", " ")


def not_of_choice(key: str) -> str:
    """Describe a `key` that other choices of its group have, but not the chosen one."""
    parent, _, name = key.rpartition(".")
    group = parent.replace(".", "/")
    having = [
        choice
        for choice in options(group)
        if name in OmegaConf.load(CONF / group / f"{choice}.yaml")
    ]
    hint = f", or choose {group}={' or '.join(having)}" if having else ""
    return f"{short_name(key)} is not a key of the chosen {group}; leave it out{hint}"


def keys_in(cfg: DictConfig, path: str) -> set[str]:
    """The keys that a section accepts, including short names."""
    node = OmegaConf.select(cfg, path)
    if not isinstance(node, DictConfig):
        return set()
    keys = {str(key) for key in node if not str(key).startswith("_")}
    if "_target_" in node:
        keys |= set(parameters(node["_target_"]))
    return keys | short_names(cfg, path)


def short_names(cfg: DictConfig, path: str) -> set[str]:
    """The short names of keys that are nested deeper in a section."""
    return {
        short.rpartition(".")[2]
        for short, full in SHORT_NAMES.items()
        if short.rpartition(".")[0] == path and OmegaConf.select(cfg, full.rpartition(".")[0])
    }


def parameters(target: str) -> list[str]:
    """The keyword arguments of a `_target_`, including those that a class passes to its parent.

    Raises:
        UserError: the class or function does not exist.
    """
    try:
        found = get_object(target)
        names = dict(inspect.signature(found).parameters)
        if inspect.isclass(found) and any(p.kind is p.VAR_KEYWORD for p in names.values()):
            names |= inspect.signature(found.__mro__[1]).parameters
    except Exception as error:
        raise UserError(f"_target_: {target} cannot be imported ({error})") from error
    return [n for n, p in names.items() if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]


def validate(cfg: DictConfig) -> None:
    """Reject unknown keys, missing targets and values out of range.

    Raises:
        UserError: names the key and the nearest valid key, or the values that it accepts.
    """
    for key, value in cfg.items_ex(resolve=False):
        if key not in TOP_LEVEL:
            raise UserError(unknown("", str(key), TOP_LEVEL, what="key"))
        missing = value is None and key not in OF_PARTS
        if key in GROUPS and not (missing or isinstance(value, DictConfig)):
            raise UserError(f"{key}={value!r}: it is a section; set the keys in it instead")
    for section in OF_PARTS:
        for name, part in (cfg.get(section) or {}).items():
            if part is not None and not (isinstance(part, DictConfig) and "_target_" in part):
                raise UserError(
                    f"unknown key in {section} '{name}'; each of its keys must be an object with "
                    f"a _target_, such as {', '.join(map(str, compose()[section]))}"
                )
    for path, node in targets(cfg):
        valid = parameters(node["_target_"])
        for key in node:
            if f"{path}.{key!s}" in BESIDE or key in ("_target_", "_partial_"):
                continue
            if key not in valid:
                raise UserError(
                    unknown(path, str(key), [*valid, *short_names(cfg, path)], "key in")
                )
            if OmegaConf.is_missing(node, key):
                name = short_name(f"{path}.{key}")
                raise UserError(f"{name} is missing; give {name}=...")
    check_values(cfg)


def targets(node: Any, path: str = "") -> Iterator[tuple[str, DictConfig]]:
    """Yield all nodes with a `_target_`, also inside lists, with their dotted paths."""
    if isinstance(node, DictConfig):
        if "_target_" in node:
            yield path, node
        keys: list[Any] = list(node)
    elif isinstance(node, ListConfig):
        keys = list(range(len(node)))
    else:
        return
    for key in keys:
        if not OmegaConf.is_missing(node, key) and not OmegaConf.is_interpolation(node, key):
            yield from targets(node[key], f"{path}.{key}" if path else str(key))


def make(cfg: DictConfig, section: str, **more: Any) -> Any:
    """Instantiate one section of the configuration.

    Raises:
        UserError: a value has the wrong type or is out of range; names its key.
    """
    with blame(section):
        part = OmegaConf.select(cfg, section)
        if not isinstance(part, DictConfig) or "_target_" not in part:
            raise UserError(f"{section} is {part!r}; it needs a _target_ that names what to create")
        return instantiate(part, **more)


@contextmanager
def blame(section: str) -> Iterator[None]:
    """Turn errors that constructors raise for wrong values into a `UserError` about a section."""
    try:
        yield
    except (InstantiationException, ValueError, TypeError) as error:
        cause = error.__cause__ if isinstance(error, InstantiationException) else error
        if where := re.search(r"^full_key: (\S+)$", str(error), re.MULTILINE):
            section = where[1]  # the part that failed
        if cause and (isinstance(cause, UserError) or machine.explain(cause)):
            raise cause from error
        if isinstance(cause, ValidationError):
            first = cause.errors()[0]
            what = first["msg"].removeprefix("Value error, ")
            if not first["loc"]:  # about several values
                raise UserError(f"{section}: {what}") from error
            # After the key, a location can name the types that a value may have.
            place = takewhile(re.compile(r"\w+").fullmatch, map(str, first["loc"]))
            key = ".".join([section, *place])
            raise UserError(f"{key}={first['input']!r}: {what}") from error
        raise UserError(f"{section}: {' '.join(str(cause or error).split())}") from error
