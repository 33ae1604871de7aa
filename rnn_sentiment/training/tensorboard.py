"""What TensorBoard is told beside the curves: the configuration, and what it led to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lightning import Trainer
from lightning.pytorch.loggers import TensorBoardLogger
from omegaconf import DictConfig, OmegaConf

from rnn_sentiment.upgrade import short_name

HYPERPARAMETERS: dict[str, tuple[str, ...] | None] = {  # by group; None for all keys
    "data": (
        *("batch_size", "bucketed", "max_length", "truncation", "masked", "padding"),
        *("shuffle_words", "train_size", "deduplicate"),
    ),
    "tokenizer": None,
    "embedding": None,
    "ngrams": None,
    "model": None,
    "optimizer": None,
    "scheduler": None,
    "trainer": ("max_epochs", "precision", "gradient_clip_val"),
}
NOT_HYPERPARAMETERS = ("_target_", "_partial_", "path")


def log_configuration(trainer: Trainer, cfg: DictConfig) -> None:
    """Show the resolved configuration under TEXT, from the start of a run."""
    text = OmegaConf.to_yaml(cfg, resolve=True)
    for logger in loggers(trainer):
        logger.experiment.add_text("configuration", "    " + text.replace("\n", "\n    "))


def log_hyperparameters(trainer: Trainer, cfg: DictConfig, results: dict[str, Any]) -> None:
    """Show the hyperparameters with the final metrics of validation and test under HPARAMS."""
    flat = {
        short_name(path): value if isinstance(value, (int, float, bool)) else str(value)
        for group, keys in HYPERPARAMETERS.items()
        for path, value in leaves(cfg[group], group)
        for key in [path.rpartition(".")[2]]
        if key not in NOT_HYPERPARAMETERS and (keys is None or key in keys)
    }
    parts = [part for part in ("validation", "test") if part in results]
    metrics = {
        f"{part}/{name}": results[part][name]
        for name in results["validation"]
        for part in parts
        if name in results[part] and name != "epoch"
    }
    for logger in loggers(trainer):
        # TensorBoard sorts by name; so named, the architecture stands first.
        logger.log_hyperparams({"architecture": cfg.name, "seed": cfg.seed, **flat}, metrics)
        logger.save()


def leaves(node: DictConfig, path: str) -> Iterator[tuple[str, Any]]:
    """The values below a section, with their dotted paths."""
    for key, value in node.items():
        below = f"{path}.{key!s}"
        if isinstance(value, DictConfig):
            yield from leaves(value, below)
        else:
            yield below, value


def loggers(trainer: Trainer) -> Iterator[TensorBoardLogger]:
    """The TensorBoard loggers of this process, if any; only the first process writes."""
    if trainer.is_global_zero:
        yield from (lg for lg in trainer.loggers if isinstance(lg, TensorBoardLogger))
