"""Upgrade the section `data` of runs that stored it as a flat list of keys."""

from __future__ import annotations

from typing import Any

from rnn_sentiment.upgrade.short_names import FILE_KEYS, SHORT_NAMES

OF_SOURCES = {
    "hub": ("name", "subset", *FILE_KEYS),
    "path": ("path", *FILE_KEYS),
    "demo": ("sizes", "fallback"),
    "auto": ("path", "name", "subset", *FILE_KEYS, "sizes"),
}


def upgrade_data(flat: dict[str, Any], parts: dict[str, Any] | None) -> dict[str, Any]:
    """Convert the section of an older run, flat or not, to the current format.

    Args:
        flat: the section, as it was stored.
        parts: parts of the corpus that the run read, from its `corpus.json`; they show which source
            `source: auto` chose.
    """
    if not isinstance(flat.get("source"), str):
        if not isinstance(splits := flat.get("splits"), dict):
            return flat
        return {**flat, "splits": {**splits, "stratified": splits.get("stratified", False)}}
    found: dict[str, Any] = {"source": {}, "reading": {}, "splits": {}}
    for key, value in flat.items():
        if key not in ("source", "demo_batch_size"):
            *inner, name = SHORT_NAMES.get(f"data.{key}", f"data.{key}").split(".")[1:]
            (found[inner[0]] if inner else found)[name] = value
    for section in ("reading", "splits"):
        found[section] = {
            "_target_": f"rnn_sentiment.data.{section.title()}",
            **found[section],
            "seed": flat.get("seed", 1),
        }
    found["splits"]["stratified"] = False
    kind = flat["source"]
    if kind == "auto" and flat.get("path") is not None:
        kind = "path"
    elif kind == "auto" and parts is not None:
        rows = [parts[part]["rows"] for part in ("train", "test") if part in parts]
        kind = "demo" if rows == flat.get("demo_sizes") else "hub"
        if kind == "demo":
            found["batch_size"] = flat.get("demo_batch_size", 16)
            found["source"]["fallback"] = "the Hub could not be reached when this run began"
    found["source"] = {
        "_target_": f"rnn_sentiment.data.{kind.title()}Source",
        **{key: value for key, value in found["source"].items() if key in OF_SOURCES[kind]},
    }
    return found
