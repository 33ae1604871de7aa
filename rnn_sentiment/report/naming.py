"""Names of rows on a page: by their layers, not by configuration keys."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rnn_sentiment.identity import comparable, config_differences, deciding_keys, without
from rnn_sentiment.storage import printable

MOST_DIFFERENCES, LONGEST = 3, 40  # in number and characters; more would make a sentence of a name
Config = Mapping[str, Any]


def names(labelled: Mapping[str, Config], may_differ_in: Sequence[str]) -> dict[str, str]:
    """A name for each label, from its configuration; rows without one keep their label.

    The names of rows with the same layers also say what else differs: `LSTM(128), length 500, max
    epochs 10`. A value that most of them share is left out.
    """
    alike: dict[str, list[str]] = defaultdict(list)
    for label, config in labelled.items():
        alike[architecture(config) or printable(label)].append(label)
    found = {}
    for name, labels in alike.items():
        configs = [without(deciding_keys(dict(labelled[one])), may_differ_in) for one in labels]
        told = [tuple(dict.fromkeys(details(config, configs))) for config in configs]
        for label, more in zip(labels, told, strict=True):
            clear = told.count(more) == 1 and len(more) <= MOST_DIFFERENCES
            clear = clear and max(map(len, more), default=0) <= LONGEST
            found[label] = ", ".join([name, *more]) if clear else label
    return found


def architecture(config: Config) -> str:
    """Layers and length: `BiLSTM(32), length 120`; empty if they are not known."""
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
    """One kind of layer with its size; empty if it is not known."""
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
    """The name of a model without layers, from its pooling."""
    kind = config.get("model.pooling") or config.get("model.pooling._target_", "")
    kind = str(kind).rpartition(".")[2]
    return "Flatten" if kind == "Flatten" else printable(f"{kind.capitalize()} pooling")


def details(config: Config, group: Sequence[Config]) -> Iterator[str]:
    """What sets a configuration apart from others of its group: `max epochs 3`, `padding pre`."""
    for key in config_differences(*group):
        values = Counter(comparable(one.get(key)) for one in group)
        own = comparable(config.get(key))
        if values[own] > len(group) / 2 or goes_with_target(key, config, group):
            continue
        value = config.get(key)
        if key.endswith("._target_"):
            yield printable(choice(key.split(".")[-2], value))
        else:
            text = value if isinstance(value, str) else json.dumps(value, default=str)
            yield printable(f"{called(key, config)} {text}")


def choice(group: str, target: Any) -> str:
    """A choice of a group: `label smoothing`, `ngrams hashed`, `no ngrams`, `optimizer AdamW`."""
    if group == "objective":
        return in_words(target or "rnn_sentiment.CrossEntropy")
    if target is None:
        return f"no {group}"
    return f"{group} {in_words(str(target).removesuffix(group.title()))}".replace("_", " ")


def in_words(target: str) -> str:
    """A class of this package in words, as `label smoothing`; others keep their names."""
    name = target.rpartition(".")[2]
    words = re.findall("[A-Z][a-z]+", name)
    is_own = target.startswith("rnn_sentiment.") and "".join(words) == name
    return " ".join(words).lower() if is_own else name


def called(key: str, config: Config) -> str:
    """The name of a key: its last word, after its section if models have a key of that name."""
    section, _, last = key.rpartition(".")
    others = [other.rpartition(".")[2] for other in config if other != key]
    if last in others and not section.startswith("model"):
        last = f"{section.partition('.')[0]} {last}"
    return last.replace("_", " ")


def goes_with_target(key: str, config: Config, group: Sequence[Config]) -> bool:
    """Whether a key follows from the `_target_` beside it."""
    target = f"{key.rpartition('.')[0]}._target_"
    same = [one for one in group if one.get(target) == config.get(target)]
    return key != target and len(same) < len(group) and key not in config_differences(*same)
