"""The tables of settings and choices in docs/ are those of conf/."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from omegaconf import OmegaConf

from rnn_sentiment.configuration import COMBINATIONS, CONF, GROUPS, compose, options
from rnn_sentiment.upgrade import full_name, short_name

DOCS = Path(__file__).parents[2] / "docs"
CONFIGURATION = (DOCS / "configuration.md").read_text()
# Groups whose settings the pages list key by key; the others hold named objects or differences.
LISTED = (
    *("data", "tokenizer", "embedding", "ngrams", "model"),
    *("loss", "metrics", "objective", "pace", "optimizer", "scheduler", "trainer", "sweep"),
)
REFERENCES = ("model.dropout",)  # what a default may refer to
FOLLOWS = "embedding.masked"  # another setting, and is not meant to be given


def table(header: str, text: str) -> list[list[str]]:
    """The cells of all tables whose header begins so."""
    tables = re.findall(rf"^\| {re.escape(header)} \|.*\n\|-.*\n((?:\|.*\n)+)", text, re.MULTILINE)
    return [line.strip("| ").split(" | ") for lines in tables for line in lines.splitlines()]


GROUP_ROWS = table("group | choices", CONFIGURATION)


def settings() -> dict[str, str]:
    """Defaults as the pages have them, by the full name of the key."""
    rows = [row for page in DOCS.glob("*.md") for row in table("key | default", page.read_text())]
    found = {full_name(key.strip("`")): default for key, default, *_ in rows}
    assert len(found) == len(rows), "a setting is listed twice"
    return found


def leaves(node: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(node, dict):
        for key, value in node.items():
            if not key.startswith("_"):
                yield from leaves(value, f"{path}.{key}")
    elif not (isinstance(node, list) and node and isinstance(node[0], dict)):  # a stack's layers
        yield path, node


@pytest.fixture(scope="module")
def values() -> dict[str, list[Any]]:
    """The values of each setting over all choices of its group, interpolations as they are."""
    found = defaultdict(list)
    for group in LISTED:
        for choice in options(group):
            cfg = compose(f"{group}={choice}")
            for key, value in leaves(OmegaConf.to_container(cfg[group]), group):
                found[key].append(value)
    return found


def is_interpolation(value: Any) -> bool:
    return "${" in str(value) or value == "???"


@pytest.mark.slow
def test_every_setting_is_in_a_table(values):
    own = {key for key, seen in values.items() if not all(map(is_interpolation, seen))}
    missing = own - settings().keys() - {FOLLOWS}
    assert not missing, ", ".join(map(short_name, sorted(missing)))


@pytest.mark.slow
def test_every_setting_in_a_table_exists(values):
    assert settings().keys() <= values.keys() | set(compose())


@pytest.mark.slow
def test_the_defaults_are_those_of_the_files(values):
    for key, default in settings().items():
        seen = values.get(key) or [OmegaConf.to_container(compose())[key]]
        given = [yaml.safe_load(c) for c in re.findall("`(.+?)`", default) if c not in REFERENCES]
        own = [value for value in seen if not is_interpolation(value)]
        assert all(value in given for value in own), f"{short_name(key)}: {own}"
        assert own != seen or all(value in own for value in given), f"{short_name(key)}: {own}"


def test_groups_and_their_choices_are_those_of_the_folders():
    rows = {group.strip("`"): re.findall("`(.+?)`", choices) for group, choices, _ in GROUP_ROWS}
    assert rows.keys() == set(GROUPS)
    for group, choices in rows.items():
        assert choices == ([] if group == "experiment" else options(group))


def test_experiments_are_counted():
    (count,) = [int(choices.split()[0]) for group, choices, _ in GROUP_ROWS if "exper" in group]
    assert count == len(options("experiment"))


def test_callbacks_are_listed_in_their_order():
    listed = [name.strip("`") for name, *_ in table("`callbacks.`", CONFIGURATION)]
    assert listed == [*compose().callbacks]


def test_what_a_model_brings_along_is_what_the_files_hold():
    page = (DOCS / "models.md").read_text()
    rows = {
        tuple(re.findall(r"=(\w+)`", combination)): sorted(re.findall("`(.+?)`", what))
        for combination, what in table("combination", page)
    }
    files = {}
    for group in COMBINATIONS:
        other = group.removeprefix("model_")
        for choice in options(group):
            keys: Any = OmegaConf.to_container(OmegaConf.load(CONF / group / f"{choice}.yaml"))
            model, _, chosen = choice.partition("_")
            files[model, chosen] = sorted(f"{other}.{key}={keys[key]}" for key in keys)
    assert rows == files
