"""Configurations: where `conf/` lies, what may stand in it, and one clear line for mistakes."""

from __future__ import annotations

import difflib
import functools
import inspect
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import hydra
from hydra.core.global_hydra import GlobalHydra
from hydra.errors import HydraException, InstantiationException
from hydra.utils import get_object, instantiate
from omegaconf import DictConfig, ListConfig, OmegaConf
from omegaconf.errors import MissingMandatoryValue, OmegaConfBaseException
from pydantic import ValidationError

from rnn_sentiment.errors import Interrupted, UserError

PACKAGE = Path(__file__).parent
# In a wheel conf/ lies inside the package, in a checkout beside it.
CONF = next(p for p in (PACKAGE / "conf", PACKAGE.parent / "conf") if p.is_dir())
GROUPS = tuple(sorted(p.name for p in CONF.iterdir() if p.is_dir()))
DELTAS = ("experiment",)  # groups that change other keys and leave none of their own
TOP_LEVEL = (*(g for g in GROUPS if g not in DELTAS), "name", "seed", "test", "resume", "task")

# What a configuration may build. A run folder can come from a stranger, so the object that a name
# leads to must itself be defined in one of these modules, not merely be reachable through them.
TRUSTED = ("rnn_sentiment.", "torch.optim.", "lightning.pytorch.")


def native_precision() -> str:
    """`bf16-mixed` where this processor multiplies bfloat16 itself (about 1.5 times as fast)."""
    import torch

    native = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    return "bf16-mixed" if native else "32-true"


OmegaConf.register_new_resolver("native_precision", native_precision, replace=True)


def compose(*overrides: str, name: str = "train") -> DictConfig:
    """The configuration that a command line with these overrides gets.

    Its key `name` is resolved in a run alone, where Hydra knows the choices made.
    """
    GlobalHydra.instance().clear()
    with hydra.initialize_config_dir(str(CONF), version_base="1.3"):
        return hydra.compose(name, list(overrides))


def command(run: Callable[[DictConfig], Any], config_name: str) -> None:
    """Run a Hydra command line; a mistake of the user becomes one line and exit status 2."""
    os.environ["HYDRA_FULL_ERROR"] = "1"  # Hydra then raises instead of printing and exiting
    with_hydra = hydra.main(version_base="1.3", config_path=str(CONF), config_name=config_name)
    # Caught inside as well: Hydra would print a line of its own above the error's.
    task = functools.wraps(run)(lambda cfg: one_line_errors(lambda: run(cfg)))
    one_line_errors(lambda: with_hydra(task)())


def one_line_errors(run: Callable[[], Any]) -> None:
    """Call `run`; print a user's mistake as one `error:` line and exit with status 2.

    A run that is told to stop exits like any program that the signal ends.
    """
    try:
        run()
    except Interrupted as error:
        print(error, file=sys.stderr)
        sys.exit(128 + error.signum)
    except (UserError, HydraException, OmegaConfBaseException, FloatingPointError) as error:
        print(f"error: {explain(error)}", file=sys.stderr)
        sys.exit(2)


def explain(error: BaseException) -> str:
    """Say in one line what is wrong, where, and what would be right."""
    text = str(error)
    if isinstance(error, UserError):
        return text
    if found := re.search(r"Could not find '([^']+)'", text):
        group, _, name = found[1].rpartition("/")
        return unknown(group, name, options(group), what="choice for")
    if found := re.search(r"Could not override '([^']+)'", text):
        return explain_key(found[1])
    if isinstance(error, MissingMandatoryValue):
        return f"{error.full_key} must be given"
    while not text and error.__cause__ is not None:  # Hydra wraps some errors without a word
        error = error.__cause__
        text = str(error)
    return " ".join(text.split()) or repr(error)


def options(group: str) -> list[str]:
    """The choices of a configuration group."""
    return sorted(file.stem for file in (CONF / group).glob("*.yaml"))


def explain_key(key: str) -> str:
    """Say why `key` is no key of the configuration, and which one is nearest."""
    parent, _, name = key.rpartition(".")
    top = parent.split(".")[0] if parent else ""
    if not parent or top not in TOP_LEVEL:
        wrong, valid = key.split(".")[0], (*TOP_LEVEL, *DELTAS)
        near = difflib.get_close_matches(wrong, valid, 1)
        return unknown("", wrong, valid, what="key") + (
            f" ({near[0]}: {', '.join(options(near[0]))})" if near and near[0] in GROUPS else ""
        )
    node = OmegaConf.select(compose(), parent)
    keys: set[str] = set()
    if isinstance(node, DictConfig):
        keys |= {str(k) for k in node if not str(k).startswith("_")}
        if "_target_" in node:
            keys |= set(parameters(node["_target_"]))
    if name in keys:
        return f"{key} has no default here; add it as +{key}=VALUE"
    return unknown(parent, name, sorted(keys), what="key in")


def unknown(where: str, name: str, valid: Any, what: str) -> str:
    """Phrase an unknown name with the nearest valid one."""
    near = difflib.get_close_matches(name, valid, 1)
    hint = f"; did you mean '{near[0]}'?" if near else f"; valid: {', '.join(valid)}"
    return f"unknown {what} {where} '{name}'{hint}".replace("  ", " ")


def parameters(target: str) -> list[str]:
    """The keyword names that a `_target_` takes, trusted ones only."""
    try:
        found = get_object(target)
    except Exception as error:
        raise UserError(f"_target_: {target} cannot be imported ({error})") from error
    module = f"{getattr(found, '__module__', '')}."
    if not module.startswith(TRUSTED):
        raise UserError(f"_target_: {target} is not one of {', '.join(TRUSTED)}...; refused")
    names = inspect.signature(found).parameters
    return [n for n, p in names.items() if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]


def check(cfg: DictConfig) -> None:
    """Refuse keys that nothing reads and targets that are not trusted.

    Raises:
        UserError: names the key and the nearest valid one.
    """
    for key in cfg:
        if key not in TOP_LEVEL:
            raise UserError(unknown("", str(key), TOP_LEVEL, what="key"))
    for path, node in targets(cfg):
        valid = parameters(node["_target_"])
        for key in node:
            if key not in valid and key not in ("_target_", "_partial_"):
                raise UserError(unknown(path, str(key), valid, what="key in"))


def targets(node: Any, path: str = "") -> Iterator[tuple[str, DictConfig]]:
    """Walk all nodes that have a `_target_`, those in lists too, with their dotted paths."""
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
        UserError: a value is of the wrong type or out of range; the line names its key.
    """
    with blame(section):
        return instantiate(OmegaConf.select(cfg, section), **more)


@contextmanager
def blame(section: str) -> Iterator[None]:
    """Turn what constructors say of wrong values into a `UserError` about a section."""
    try:
        yield
    except (InstantiationException, ValueError, TypeError) as error:
        cause = error.__cause__ if isinstance(error, InstantiationException) else error
        if isinstance(cause, UserError):
            raise cause from error
        if isinstance(cause, ValidationError):
            first = cause.errors()[0]
            key = ".".join([section, *map(str, first["loc"])])
            raise UserError(f"{key}={first['input']!r}: {first['msg']}") from error
        raise UserError(f"{section}: {' '.join(str(cause or error).split())}") from error
