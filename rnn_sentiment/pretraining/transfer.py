"""Initialise a classifier from the language models in run folders."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from omegaconf import DictConfig, ListConfig, OmegaConf
from torch import Tensor
from torch.nn import functional as F

from rnn_sentiment import manifest, runs
from rnn_sentiment.checkpoints import load_checkpoint
from rnn_sentiment.data.splits import Splits
from rnn_sentiment.data.stored_tokenizer import load_stored_vocabulary
from rnn_sentiment.data.tokenizer import PADDING_ID
from rnn_sentiment.errors import UserError
from rnn_sentiment.network import Network

log = logging.getLogger(__name__)

READ = (manifest.CONFIG, "tokenizer.json", "checkpoints/best.ckpt")
HELD_OUT = (
    *("validation_fraction", "test_fraction", "validate_on"),
    *("stratified", "split_seed", "folds", "fold"),
)
ALIKE = ("model.layers.cell", "model.layers.hidden_size", "model.num_layers", "embedding.dim")


def list_of_folders(pretrained: str | ListConfig | Sequence[str]) -> list[Path]:
    """The one or two folders that the key `pretrained` names, as absolute paths.

    Raises:
        UserError: there are none, or more than two.
    """
    named = [pretrained] if isinstance(pretrained, str) else list(pretrained)
    if not 1 <= len(named) <= 2 or not all(isinstance(name, str) and name for name in named):
        raise UserError(
            f"pretrained={pretrained}: give one folder of python -m rnn_sentiment.pretrain, or "
            "[FORWARD,BACKWARD]"
        )
    return [Path(os.path.abspath(Path(name).expanduser())) for name in named]


def load_configurations(folders: Sequence[Path]) -> list[DictConfig]:
    """Load the configurations of language models, and check that they fit together.

    Raises:
        UserError: a folder has none, or two are not a forward and a backward model of a kind.
    """
    found = []
    for folder in folders:
        manifest.verify(folder, READ)
        cfg = runs.load_config(folder)
        model = cfg.get("model")
        if not isinstance(model, DictConfig) or model.get("_target_") != runs.LANGUAGE_MODEL:
            raise UserError(
                f"pretrained={folder}: it holds no language model; give a folder of "
                "python -m rnn_sentiment.pretrain"
            )
        found.append(cfg)
    if len(found) == 2:
        directions = [cfg.data.direction for cfg in found]
        if directions != ["forward", "backward"]:
            raise UserError(
                f"pretrained=[{folders[0]},{folders[1]}]: these read {' and '.join(directions)}; "
                "give a forward model, then a backward one"
            )
        for key in ALIKE:
            values = [OmegaConf.select(cfg, key) for cfg in found]
            if values[0] != values[1]:
                raise UserError(
                    f"pretrained: {key} is {values[0]} forward and {values[1]} backward; it "
                    "must be the same in both"
                )
    return found


def transfer(
    folders: Sequence[Path], network: Network, vocabulary: Sequence[str]
) -> dict[str, Any]:
    """Copy the weights of language models to a classifier's embedding and recurrent layers.

    Each of two models initialises one direction, and its half of the embedding. The input weights
    of n-grams start at zero.

    Returns:
        `source`: the folders.

    Raises:
        UserError: the classifier has another vocabulary or different layers.
    """
    load_configurations(folders)
    tables, weights = [], {}
    for number, folder in enumerate(folders):
        if load_stored_vocabulary(folder / "tokenizer.json") != list(vocabulary):
            raise UserError(
                f"pretrained={folder}: the classifier has another vocabulary; leave out tokenizer, "
                "so that this one is used, and give models that share a vocabulary"
            )
        state = load_checkpoint(folder / "checkpoints" / "best.ckpt")["state_dict"]
        tables.append(state["network.embedding.table.weight"])
        for name, weight in state.items():
            if name.startswith("network.layers."):
                layer, _, rest = name.removeprefix("network.layers.").partition(".")
                weights[f"encoder.layers.{layer}.{number}.{rest.removeprefix('cell.')}"] = weight
    weights["embedding.table.weight"] = joined(tables)
    own = network.state_dict()
    for name in weights.keys() & own.keys():
        if name.endswith("weight_ih_l0"):
            weights[name] = widened(weights[name], own[name].shape[1])
    recurrent = {name for name in own if name.startswith("encoder.layers.")}
    wrong = recurrent ^ (weights.keys() - {"embedding.table.weight"})
    wrong |= {n for n, weight in weights.items() if n in own and own[n].shape != weight.shape}
    if wrong:
        raise UserError(
            f"pretrained={folders[0]}: the classifier's layers differ ({sorted(wrong)[0]}); "
            "leave out the settings of model and embedding that the language model decides"
        )
    network.load_state_dict(weights, strict=False)
    return {"source": [str(folder) for folder in folders]}


def warn_of_splits(folders: Sequence[Path], splits: Splits) -> None:
    """Warn if language models have read texts that the classifier is scored on.

    Args:
        folders: run folders of the language models.
        splits: splits of the classifier.
    """
    for folder, cfg in zip(folders, load_configurations(folders), strict=True):
        for key in HELD_OUT:
            value = OmegaConf.select(cfg, f"data.splits.{key}")
            if value != getattr(splits, key):
                log.warning(
                    "%s was trained with data.%s=%s: it may have read texts that this "
                    "classifier is scored on; set it the same for both",
                    *(folder, key, value),
                )


def widened(weight: Tensor, num_features: int) -> Tensor:
    """Extend input weights by zeros for more features, such as those of n-grams."""
    return F.pad(weight, (0, max(0, num_features - weight.shape[1])))


def joined(tables: Sequence[Tensor]) -> Tensor:
    """Concatenate tables of vectors; padding, which is not a word in a classifier, is zero."""
    table = torch.cat(list(tables), dim=1)
    table[PADDING_ID] = 0
    return table
