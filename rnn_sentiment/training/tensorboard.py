"""What TensorBoard shows besides curves: the configuration and the final results."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from lightning import Trainer
from lightning.pytorch.loggers import TensorBoardLogger
from omegaconf import DictConfig, OmegaConf

from rnn_sentiment.errors import uninterrupted
from rnn_sentiment.training.class_table import scores_of
from rnn_sentiment.training.confusion import draw_confusion

log = logging.getLogger(__name__)


def log_configuration(trainer: Trainer, cfg: DictConfig) -> None:
    """Show the resolved configuration under TEXT, from the start of a run."""
    text = OmegaConf.to_yaml(cfg, resolve=True)
    for logger in loggers(trainer):
        protect(logger)
        logger.experiment.add_text("configuration", "    " + text.replace("\n", "\n    "))


def log_hyperparameters(
    trainer: Trainer, settings: dict[str, Any], metrics: dict[str, float]
) -> None:
    """Show the hyperparameters with the final validation and test metrics under HPARAMS."""
    for logger in loggers(trainer):
        logger.log_hyperparams(settings, metrics)
        logger.save()


def log_confusion(trainer: Trainer, matrix: list[list[int]], labels: Sequence[str]) -> None:
    """Show the confusion matrix of the test part under IMAGES."""
    for logger in loggers(trainer):
        logger.experiment.add_figure("confusion", draw_confusion(matrix, labels))
        logger.save()


def log_classes(trainer: Trainer, classes: dict[str, dict[str, float | None]]) -> None:
    """Show the scores of each label of the test part under TEXT."""
    lines = ["| label | texts | precision | recall | F1 |", "|---|--:|--:|--:|--:|"]
    lines += [
        f"| {name.replace('|', '/')} | {found['rows']:,} | {' | '.join(scores_of(found))} |"
        for name, found in classes.items()
    ]
    for logger in loggers(trainer):
        logger.experiment.add_text("labels", "\n".join(lines))
        logger.save()


def loggers(trainer: Trainer) -> Iterator[TensorBoardLogger]:
    """Yield the TensorBoard loggers of this process; only the first process has any."""
    if trainer.is_global_zero:
        for logger in trainer.loggers:
            if isinstance(logger, TensorBoardLogger):
                yield logger


def protect(logger: TensorBoardLogger) -> None:
    """Keep a logger from ending a run when its folder is lost, and from delaying a stop.

    Events are handed to a thread. An error of its file would end the run at some later call; it
    becomes a single warning instead. A signal during a hand-over would leave the thread waiting
    for two minutes, and the run waiting for the thread.
    """
    folder = Path(logger.log_dir)
    writer = logger.experiment._get_file_writer().event_writer
    writer.add_event = uninterrupted()(writer.add_event)
    file = writer._general_file_writer
    lost = False

    def forgiving(method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            nonlocal lost
            try:
                return None if lost else method(*arguments)
            except OSError as error:
                lost = True
                log.warning(
                    "%s can no longer be written (%s); training goes on without TensorBoard.",
                    folder,
                    error.strerror or error,
                )

        return call

    for name in ("write", "flush", "close"):
        setattr(file, name, forgiving(getattr(file, name)))
