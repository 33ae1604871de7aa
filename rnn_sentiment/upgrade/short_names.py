"""Short names of keys: a key that moved deeper into the configuration keeps its old name.

On the command line `model.hidden_size=64` is `model.layers.hidden_size=64`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

FILE_KEYS = ("text_column", "label_column", "labels", "fingerprint")
LAYOUT_KEYS = ("delimiter", "quoting", "encoding", "columns", "label_separator")
SHORT_NAMES = {
    **{
        f"model.{key}": f"model.layers.{key}"
        for key in (
            *("cell", "hidden_size", "bidirectional", "recurrent_dropout"),
            *("reverse", "separate", "weight_dropout"),
            *("num_filters", "widths"),
        )
    },
    **{
        f"data.{key}": f"data.source.{key}"
        for key in ("path", "name", "subset", *FILE_KEYS, *LAYOUT_KEYS)
    },
    "data.demo_sizes": "data.source.sizes",
    **{
        f"data.{key}": f"data.reading.{key}"
        for key in ("max_length", "truncation", "masked", "padding", "shuffle_words")
    },
    **{
        f"data.{key}": f"data.splits.{key}"
        for key in (
            *("validation_fraction", "test_fraction"),
            *("train_size", "validate_on", "deduplicate"),
            *("stratified", "split_seed", "folds", "fold"),
        )
    },
    "direction": "data.direction",  # for pretraining
}
GROUPS = {"data.source": "data/source"}  # keys that have become groups


def full_names(overrides: Iterable[str]) -> list[str]:
    """Replace the short names of keys in overrides by full names."""
    return [full_name(override) for override in overrides]


def full_name(override: str) -> str:
    """Replace the short name in one override, also in `+key=...`, `++key=...` and `~key`."""
    found = re.fullmatch(r"(\+\+|\+|~)?([\w.]+)(=.*)?", override, re.DOTALL)
    if not found:
        return override
    sign, key, value = found.groups(default="")
    if key in GROUPS and value:
        return f"{GROUPS[key]}{value}"
    value = re.sub(r"\$\{([\w.]+)\}", lambda m: f"${{{SHORT_NAMES.get(m[1], m[1])}}}", value)
    return f"{sign}{SHORT_NAMES.get(key, key)}{value}"


def short_name(override: str) -> str:
    """Replace the full name in one override by its short name, which sweeps use for folders."""
    short = {full: short for short, full in (SHORT_NAMES | GROUPS).items()}
    key, equals, value = override.partition("=")
    name = key.lstrip("+~")
    return f"{key[: len(key) - len(name)]}{short.get(name, name)}{equals}{value}"
