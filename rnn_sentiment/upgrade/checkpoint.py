"""Checkpoints that older versions of the package wrote."""

from __future__ import annotations

import re
from typing import Any

RENAMED_CALLBACKS = {"Inspection": "Pictures"}  # by the names under which checkpoints keep states


def upgrade_checkpoint(checkpoint: dict[str, Any], num_layers: int) -> dict[str, Any]:
    """Rename the weights and the states of callbacks in a checkpoint of an older run.

    Args:
        checkpoint: as Lightning wrote it.
        num_layers: layers before the pooling of the encoder that is to load it.
    """
    callbacks = checkpoint.get("callbacks", {})
    checkpoint["callbacks"] = {RENAMED_CALLBACKS.get(k, k): v for k, v in callbacks.items()}
    weights = checkpoint["state_dict"]
    behind = [
        key for key in weights
        if (found := re.match(r"encoder\.layers\.(\d+)\.", key)) and int(found[1]) >= num_layers
    ]  # fmt: skip
    dense: list[int] = []  # places, in the list of a former stack, of its layers behind the pooling
    for key in behind:
        place, _, name = key.removeprefix("encoder.layers.").partition(".")
        if name.startswith("layers."):
            if int(place) not in dense:
                dense.append(int(place))
            new = f"after.{3 * dense.index(int(place))}.{name.removeprefix('layers.0.')}"
        elif num_layers or not is_of_linear(name):
            new = f"pooling.{name}"
        else:
            new = f"after.{int(place) - 1}.{name}"  # of a former bag, behind its dropout
        weights[f"encoder.{new}"] = weights.pop(key)
    return checkpoint


def is_of_linear(name: str) -> bool:
    """Whether this is a parameter of a linear layer itself, not of one inside a pooling."""
    return name in ("weight", "bias")
