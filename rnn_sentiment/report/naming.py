"""What rows are called on a page: by their layers, not by the keys that made them."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from rnn_sentiment.identity import config_differences, deciding_keys, without
from rnn_sentiment.storage import printable

MOST_DIFFERENCES = 3  # more would make a sentence of a name
Config = Mapping[str, Any]


def names(labelled: Mapping[str, Config], may_differ_in: Sequence[str]) -> dict[str, str]:
    """A name for each label, from its configuration; rows without one keep their label.

    Rows with the same layers get what else differs behind their name: `LSTM(128), length 500, max
    epochs 3`.
    """
    alike: dict[str, list[str]] = defaultdict(list)
    for label, config in labelled.items():
        alike[architecture(config) or printable(label)].append(label)
    found = {}
    for name, labels in alike.items():
        configs = [without(deciding_keys(dict(labelled[one])), may_differ_in) for one in labels]
        keys = config_differences(*configs) if len(labels) > 1 else []
        told = [details(config, keys) for config in configs]
        clear = len(set(told)) == len(told) and len(keys) <= MOST_DIFFERENCES
        for label, more in zip(labels, told, strict=True):
            found[label] = name + more if clear or len(labels) == 1 else label
    return found


def architecture(config: Config) -> str:
    """Layers and length: `BiLSTM(32), length 120`; empty where they are not known."""
    stack = config.get("model.layers")
    if isinstance(stack, list):
        layers = [layer_name(layer) for layer in stack]
    else:
        prefix = "model.layers."
        layer = {k.removeprefix(prefix): v for k, v in config.items() if k.startswith(prefix)}
        layers = [layer_name({**layer, "num_layers": config.get("model.num_layers")})]
    if stack == []:
        layers = [pooling_name(config)]
    length = config.get("data.reading.max_length")
    parts = [" + ".join(layers) if all(layers) else "", f"length {length}" if length else ""]
    return ", ".join(filter(None, parts)) if parts[0] else ""


def layer_name(layer: Config) -> str:
    """One kind of layer with its size; empty where it is not known."""
    kind = str(layer.get("_target_", "")).rpartition(".")[2]
    if kind == "RecurrentLayer":
        both = "Bi" if layer.get("bidirectional") else ""
        cell = str(layer.get("cell")).upper().replace("MIN", "min")  # as in minGRU
        name = f"{both}{cell}({layer.get('hidden_size')})"
    elif kind == "ConvolutionalLayer":
        name = f"Conv1d({layer.get('num_filters')})"
    elif kind == "Dense":
        name = f"Dense({layer.get('size')})"
    else:
        return {"MaxPooling": "max pooling"}.get(kind, "")
    times = layer.get("num_layers") or 1
    return printable(name if times == 1 else f"{times} × {name}")


def pooling_name(config: Config) -> str:
    """What stands in for layers where there are none."""
    kind = config.get("model.pooling") or config.get("model.pooling._target_", "")
    kind = str(kind).rpartition(".")[2]
    return "Flatten" if kind == "Flatten" else printable(f"{kind.capitalize()} pooling")


def details(config: Config, keys: Sequence[str]) -> str:
    """What differs, for a name: `, max epochs 3, padding pre`."""
    told = []
    for key in keys:
        value = config.get(key)
        text = value if isinstance(value, str) else json.dumps(value, default=str)
        told.append(printable(f", {key.rpartition('.')[2].replace('_', ' ')} {text}"))
    return "".join(told)
