"""Upgrade checkpoints that older versions of the package wrote."""

from __future__ import annotations

import re
from typing import Any

RENAMED_CALLBACKS = {"Inspection": "Pictures"}  # by the names of their states in checkpoints


def upgrade_checkpoint(checkpoint: dict[str, Any], num_layers: int) -> dict[str, Any]:
    """Rename the weights and callback states in the checkpoint of an older run.

    Args:
        checkpoint: the checkpoint, as Lightning wrote it.
        num_layers: number of layers before the pooling in the encoder that will load it.
    """
    callbacks = checkpoint.get("callbacks", {})
    checkpoint["callbacks"] = {RENAMED_CALLBACKS.get(k, k): v for k, v in callbacks.items()}
    weights = checkpoint["state_dict"]
    behind = [
        key for key in weights
        if (found := re.match(r"encoder\.layers\.(\d+)\.", key)) and int(found[1]) >= num_layers
    ]  # fmt: skip
    dense: list[int] = []  # positions, in a former stack, of its layers after the pooling
    for key in behind:
        place, _, name = key.removeprefix("encoder.layers.").partition(".")
        if name.startswith("layers."):
            if int(place) not in dense:
                dense.append(int(place))
            new = f"after.{3 * dense.index(int(place))}.{name.removeprefix('layers.0.')}"
        elif num_layers or not is_of_linear(name):
            new = f"pooling.{name}"
        else:
            new = f"after.{int(place) - 1}.{name}"  # of a former bag, after its dropout
        weights[f"encoder.{new}"] = weights.pop(key)
    return checkpoint


def is_of_linear(name: str) -> bool:
    """Whether this is a parameter of a linear layer itself, not of one in a pooling."""
    return name in ("weight", "bias")
