"""What `pretrained=FOLDER` sets: the architecture, the vocabulary and how to fine-tune."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from rnn_sentiment.commands import in_quotes
from rnn_sentiment.errors import UserError
from rnn_sentiment.pretraining.transfer import list_of_folders, load_configurations
from rnn_sentiment.upgrade import full_name

KEY = "pretrained="
BOTH = {
    "model.layers.bidirectional": "true",
    "model.layers.separate": "true",
    "embedding.directions": 2,
}


def with_recipe(overrides: Sequence[str]) -> list[str]:
    """Add the overrides that follow from the language models; explicit overrides win.

    Raises:
        UserError: a language model does not exist.
    """
    named = [word for word in overrides if word.startswith(KEY)]
    if not named or named[-1] == f"{KEY}null":
        return list(overrides)
    folders = list_of_folders(parse(named[-1].removeprefix(KEY)))
    said = {full_name(word).partition("=")[0].lstrip("+~") for word in overrides}
    if "experiment" in said:
        said.add("name")
    brought = [
        f"{key}={value}" for key, value in recipe(folders).items() if full_name(key) not in said
    ]
    kept = [word for word in overrides if not word.startswith(KEY)]
    return [*brought, *kept, f"{KEY}[{','.join(in_quotes(str(folder)) for folder in folders)}]"]


def recipe(folders: Sequence[Path]) -> dict[str, Any]:
    """The overrides for a classifier that starts from language models."""
    cfg, *other = load_configurations(folders)
    backward = cfg.data.direction == "backward"
    return {
        "finetuning": "gradual",
        "model": cfg.model.layers.cell,
        "name": f"pretrained_{cfg.model.layers.cell}",
        "model.layers.hidden_size": cfg.model.layers.hidden_size,
        "model.num_layers": cfg.model.num_layers,
        **(BOTH if other else {}),
        **({"model.layers.reverse": "true"} if backward else {}),
        "embedding.dim": cfg.embedding.dim * len(folders),
        "tokenizer": "stored",
        "tokenizer.path": in_quotes(str(folders[0] / "tokenizer.json")),
    }


def parse(value: str) -> Any:
    """Parse the value of the key as Hydra does: a path, or paths in brackets."""
    if not value.startswith("["):
        return value.strip("'\"")
    try:
        return yaml.safe_load(value)
    except yaml.YAMLError:
        raise UserError(f"{KEY}{value}: write [FORWARD,BACKWARD]") from None
