"""What the configuration of an untrusted run folder may name and hold."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from typing import Any

import yaml
from omegaconf import DictConfig, OmegaConf

from rnn_sentiment.configuration import CONF, OF_PARTS, targets, validate
from rnn_sentiment.errors import UserError
from rnn_sentiment.storage import TRUST, trusted_modules

# Targets that are allowed in a section beside those that conf/ names there. The environment can add
# modules of your own.
MORE_TARGETS = {
    "model": [
        f"rnn_sentiment.encoders.{name}"
        for name in ("Dense", "FeatureDropout", "MaxPooling", "Flatten")
    ],
    "optimizer": [
        f"torch.optim.{name}"
        for name in (
            *("Adadelta", "Adafactor", "Adagrad", "Adam", "Adamax", "AdamW", "ASGD"),
            *("NAdam", "RAdam", "RMSprop", "Rprop", "SGD"),
        )
    ],
}


def check_stored(cfg: DictConfig, *sections: str) -> None:
    """Reject a run folder's configuration if it names anything untrusted, or unknown keys.

    Args:
        cfg: the configuration of a run folder, which may come from an untrusted source.
        sections: the sections that will be built; all of them by default.

    Raises:
        UserError: names what is rejected.
    """
    # As plain dicts, since selecting from a configuration resolves interpolations.
    plain: Any = OmegaConf.to_container(cfg, resolve=False)
    if sections:
        plain = {name: part_of(plain, name) for name in sections}
    for text in texts(plain):
        if "${" in text:
            raise UserError(f"{text}: interpolations in a run folder are not allowed; refused")
    for section in OF_PARTS:  # these write files
        for text in texts(part_of(plain, section)):
            if text.startswith("/") or ".." in text.split("/"):
                raise UserError(f"{section}: {text} leads out of the run folder; refused")
    if sections:
        cfg = OmegaConf.create({})
        for name, part in plain.items():
            OmegaConf.update(cfg, name, part, force_add=True)
    trusted = trusted_modules()
    for path, node in targets(cfg):
        name, known = str(node._target_), known_targets().get(path.split(".")[0], ())
        if name not in known and not name.startswith(trusted):
            raise UserError(
                f"{path}._target_: {name} is not a target of this package's runs; refused "
                f"(to trust a module of your own, set {TRUST}=MODULE)"
            )
    validate(cfg)


def part_of(plain: Any, path: str) -> Any:
    """The value at a dotted path in plain dicts; None if there is none."""
    for key in path.split("."):
        plain = plain.get(key) if isinstance(plain, dict) else None
    return plain


def texts(node: Any) -> Iterator[str]:
    """Yield all strings in plain dicts and lists, including keys."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield from texts(key)
            yield from texts(value)
    elif isinstance(node, list):
        for value in node:
            yield from texts(value)
    elif isinstance(node, str):
        yield node


@functools.cache
def known_targets() -> Mapping[str, frozenset[str]]:
    """The names allowed as `_target_` in a run folder, by top-level section."""
    found = {section: set(names) for section, names in MORE_TARGETS.items()}
    for file in CONF.rglob("*.yaml"):
        text, group = file.read_text(), file.relative_to(CONF).parts[0]
        content = yaml.safe_load(text) or {}
        whole = file.parent == CONF or "# @package _global_" in text
        parts = content if whole else {group: content}
        for section, part in parts.items():
            found.setdefault(section, set()).update(named_targets(part))
    return {section: frozenset(names) for section, names in found.items()}


def named_targets(node: Any) -> Iterator[str]:
    """Yield all values of `_target_` in plain dicts and lists."""
    if isinstance(node, dict):
        if "_target_" in node:
            yield node["_target_"]
        node = list(node.values())
    if isinstance(node, list):
        for value in node:
            yield from named_targets(value)
