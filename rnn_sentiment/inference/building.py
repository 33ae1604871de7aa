"""Build modules from the plain values of a bundle, which may be untrusted."""

from __future__ import annotations

import importlib
from functools import partial
from typing import Any

from rnn_sentiment import embeddings, encoders
from rnn_sentiment.errors import UserError
from rnn_sentiment.storage import TRUST, trusted_modules

KNOWN = {
    f"{room.__name__}.{name}": getattr(room, name)
    for room in (embeddings, encoders)
    for name in room.__all__
}


def build(node: Any, **more: Any) -> Any:
    """Instantiate a mapping with a `_target_`, recursively, as Hydra does.

    Args:
        node: plain values; with `_partial_`, the result accepts further arguments.
        more: arguments in addition to those in the mapping.

    Raises:
        UserError: it names anything but embeddings and encoders.
        TypeError, ValueError: an argument is missing, unknown or out of range.
    """
    if isinstance(node, list):
        return [build(part) for part in node]
    if not isinstance(node, dict) or "_target_" not in node:
        return node
    make = find(str(node["_target_"]))
    values = {key: build(value) for key, value in node.items() if not key.startswith("_")} | more
    return partial(make, **values) if node.get("_partial_") else make(**values)


def find(name: str) -> Any:
    """Look up an embedding, encoder or layer, or an object in a trusted module.

    Raises:
        UserError: it is none of these.
    """
    if name in KNOWN:
        return KNOWN[name]
    if not name.startswith(trusted_modules()):
        raise UserError(
            f"_target_: {name:.200} is not an embedding or encoder of this package; refused "
            f"(to trust a module of your own, set {TRUST}=MODULE)"
        )
    module, _, own = name.rpartition(".")
    try:
        return getattr(importlib.import_module(module), own)
    except (ImportError, AttributeError) as error:
        raise UserError(f"_target_: {name:.200} cannot be imported ({error})") from None
