"""Upgrade configurations that older versions of the package stored."""

from __future__ import annotations

from typing import Any

from omegaconf import DictConfig, OmegaConf

from rnn_sentiment.upgrade.data import upgrade_data

RENAMED_TARGETS = {
    "rnn_sentiment.schedules.": "rnn_sentiment.schedulers.",
    "rnn_sentiment.sequences.": "rnn_sentiment.lectures.weather.",
    "rnn_sentiment.metrics.Judgement": "rnn_sentiment.judgement.Judgement",
    "lightning.pytorch.callbacks.TQDMProgressBar": "rnn_sentiment.training.progress.RunProgressBar",
    "lightning.pytorch.callbacks.EarlyStopping": "rnn_sentiment.training.callbacks.EarlyStopping",
}

CALLBACKS = {  # callbacks that used to be added to the configured ones
    "epoch_seed": "callbacks.EpochSeed",
    "frozen_vectors": "callbacks.FrozenVectors",
    "throughput": "callbacks.Throughput",
    "pictures": "pictures.Pictures",
    "history": "callbacks.History",
}
FIT = "rnn_sentiment.training.classification.fit_and_test"
PRINT = "rnn_sentiment.training.terminal.print_summary"
LOSS = "rnn_sentiment.loss.Loss"
FIT_NUMBERS = "rnn_sentiment.lectures.regression.fit_numbers"
PRINT_NUMBERS = "rnn_sentiment.lectures.regression.print_predictions"
LAYERS = {  # layers of the encoders that used to have their own classes
    "rnn_sentiment.encoders.RecurrentEncoder": (
        "rnn_sentiment.encoders.RecurrentLayer",
        ("cell", "hidden_size", "bidirectional", "recurrent_dropout"),
    ),
    "rnn_sentiment.encoders.ConvolutionalEncoder": (
        "rnn_sentiment.encoders.ConvolutionalLayer",
        ("num_filters", "widths"),
    ),
}
ENCODER_DEFAULTS: dict[str, Any] = {
    "input_dropout": 0,
    "pooled_dropout": 0,
    "dense_before": [],
    "dense_after": [],
}
TOKENIZERS = ("rnn_sentiment.data.WordTokenizer", "rnn_sentiment.data.SubwordTokenizer")
POOLINGS = ("rnn_sentiment.encoders.Pooling", "rnn_sentiment.encoders.Flatten")


def upgrade(cfg: DictConfig, parts: dict[str, Any] | None = None) -> DictConfig:
    """Bring the stored configuration of an older run up to date; a current one is unchanged.

    Args:
        cfg: the configuration, as a run stored it.
        parts: parts of the corpus that the run read, from its `corpus.json`.
    """
    plain: Any = OmegaConf.to_container(cfg, resolve=False)
    upgraded = upgrade_plain(plain, parts)
    return cfg if upgraded == plain else OmegaConf.create(upgraded)


def upgrade_plain(plain: dict[str, Any], parts: dict[str, Any] | None = None) -> dict[str, Any]:
    """Like `upgrade`, for a configuration in plain dicts and lists."""
    plain = rename_targets(plain)
    if isinstance(plain.get("data"), dict):
        plain["data"] = upgrade_data(plain["data"], parts)
    if plain.get("tokenizer", {}).get("_target_") in TOKENIZERS:
        plain["tokenizer"] = {"punctuation": False, **plain["tokenizer"]}
    if "model" in plain:
        plain["model"] = upgrade_model(plain["model"])
    if "callbacks" in plain and "history" not in plain["callbacks"]:
        own = CALLBACKS if "tokenizer" in plain else ("epoch_seed", "history")
        added = {name: {"_target_": f"rnn_sentiment.training.{CALLBACKS[name]}"} for name in own}
        added["epoch_seed"]["seed"] = plain["seed"]
        plain["callbacks"] = {**added, **plain["callbacks"]}
        for keeper in ("best_checkpoint", "last_checkpoint"):
            if plain["callbacks"].get(keeper):
                plain["callbacks"][keeper].setdefault("enable_version_counter", False)
    if "task" not in plain:
        fit, printed = (FIT, PRINT) if "tokenizer" in plain else (FIT_NUMBERS, PRINT_NUMBERS)
        plain["task"] = {
            "fit": {"_target_": fit, "_partial_": True},
            "print_results": {"_target_": printed, "_partial_": True},
        }
    if plain["task"]["fit"]["_target_"] == FIT:
        plain.setdefault("loss", {"_target_": LOSS, "class_weights": None})
    if "trainer" in plain:
        plain["trainer"] = {"kernels": "stock", **plain["trainer"]}
    plain.pop("reference", None)  # the lectures keep it now
    return plain


def rename_targets(node: Any) -> Any:
    """Replace the names of moved modules in every `_target_` below a node."""
    if isinstance(node, list):
        return [rename_targets(value) for value in node]
    if not isinstance(node, dict):
        return node
    node = {key: rename_targets(value) for key, value in node.items()}
    for old, new in RENAMED_TARGETS.items():
        if isinstance(target := node.get("_target_"), str) and target.startswith(old):
            node["_target_"] = new + target.removeprefix(old)
    return node


def upgrade_model(model: dict[str, Any]) -> dict[str, Any]:
    """Convert the configuration of a former encoder class to that of an `Encoder`."""
    target = model.get("_target_")
    rest = {key: value for key, value in model.items() if key != "_target_"}
    if target in LAYERS:
        layer, keys = LAYERS[target]
        own = {key: rest.pop(key) for key in keys if key in rest}
        dropout = {"dropout": rest["dropout"]}
        rest["layers"] = {"_target_": layer, "_partial_": True, **own, **dropout}
    elif target == "rnn_sentiment.encoders.BagEncoder":
        # Limits the layers, since an untrusted run could ask for enough to fill the memory.
        sizes = [rest.pop("hidden_size")] * min(rest.pop("num_layers"), 1000)
        rest["dense_after"] = [*sizes, *(rest.get("dense_after") or [])]
        rest |= {"layers": [], "pooled_dropout": rest["dropout"]}
    elif target == "rnn_sentiment.encoders.StackEncoder":
        rest = split_stack(rest["layers"])
    elif target == "rnn_sentiment.encoders.RecurrentLayer":  # for one number per step
        every = {"_target_": "rnn_sentiment.lectures.weather.EveryStep", "_partial_": True}
        rest = {"layers": {**model, "_partial_": True}, "pooling": every}
    else:
        return model
    return {"_target_": "rnn_sentiment.encoders.Encoder", **ENCODER_DEFAULTS, **rest}


def split_stack(layers: list[dict[str, Any]]) -> dict[str, Any]:
    """Split a list of layers at its pooling; the dense layers after it become sizes."""
    place = next(i for i, layer in enumerate(layers) if layer["_target_"] in POOLINGS)
    before, pooling, behind = layers[:place], layers[place], layers[place + 1 :]
    dense = [layer for layer in behind if layer["_target_"].endswith(".Dense")]
    pooled = [layer for layer in behind if layer["_target_"].endswith(".Dropout")]
    return {
        "layers": before,
        "pooling": pooling["name"] if pooling["_target_"] == POOLINGS[0] else pooling,
        "pooled_dropout": pooled[0]["rate"] if pooled else 0.0,
        "dropout": dense[0].get("dropout", 0.0) if dense else 0.0,
        "dense_after": [layer["size"] for layer in dense],
    }
