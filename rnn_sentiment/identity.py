"""When two runs are the same: the configuration keys that determine a run's results."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

# Keys that decide what a run shows, stores or skips, and where; none of them changes a score.
INCIDENTAL = (
    "resume",
    "profile",
    "test",
    "sweep",
    "logger",
    "pace",  # its batches and epochs are keys of data and trainer
    "metrics",  # how the best epoch is chosen is a key of the callbacks
    "callbacks.learning_rate",
    "callbacks.progress_bar",
    "callbacks.pictures",
    "callbacks.throughput",
    "callbacks.train_sample",
    "data.cache",
    "data.num_workers",
    "data.source.fallback",
    "tokenizer.path",  # where the vocabulary came from
    "trainer.kernels",  # changes random numbers and last digits, but not the model
)


def deciding_keys(config: Mapping[Any, Any]) -> dict[str, Any]:
    """The dotted keys of a configuration that determine a run's results, with their values.

    The path of the corpus counts only if no fingerprint fixes its content.
    """
    found = dict(flatten(config))
    prescribed = found.get("data.source.fingerprint")
    return without(found, (*INCIDENTAL, "data.source.path") if prescribed else INCIDENTAL)


def without(config: Mapping[str, Any], keys: Sequence[str]) -> dict[str, Any]:
    """A configuration in dotted keys, without those at or below `keys`."""
    prefixes = tuple(f"{key}." for key in keys)
    return {key: value for key, value in config.items() if not f"{key}.".startswith(prefixes)}


def flatten(node: Mapping[Any, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the dotted keys and values of nested mappings."""
    for key, value in node.items():
        if isinstance(value, Mapping):
            yield from flatten(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def config_differences(*configurations: Mapping[str, Any]) -> list[str]:
    """The keys whose values differ between configurations; a missing key equals null."""
    keys = sorted({key for config in configurations for key in config})
    return [key for key in keys if len({comparable(c.get(key)) for c in configurations}) > 1]


def comparable(value: Any) -> str:
    """A value as text, the same for equal values such as 0 and 0.0."""
    return json.dumps(_as_floats(value), default=str)


def _as_floats(value: Any) -> Any:
    if isinstance(value, list):
        return [_as_floats(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _as_floats(item) for key, item in value.items()}
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**53:
        return float(value)
    return value
