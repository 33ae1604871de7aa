"""Shared by all runs on a corpus: build the objects, read the corpus, and fit."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import lightning
from lightning import LightningModule, Trainer
from omegaconf import DictConfig

from rnn_sentiment import kernels, manifest, runs
from rnn_sentiment.data import ReviewDataModule
from rnn_sentiment.data.stored import set_source
from rnn_sentiment.storage import replacing
from rnn_sentiment.training.build import build_data, build_trainer, without_effect
from rnn_sentiment.training.checkpoint_io import continuing, to_resume
from rnn_sentiment.training.loggers import log_settings
from rnn_sentiment.training.pace import set_pace
from rnn_sentiment.training.profile import StepProfiler
from rnn_sentiment.training.rescoring import check_corpus
from rnn_sentiment.training.results import BestEpoch, device, history_of
from rnn_sentiment.training.terminal import print_fallback

log = logging.getLogger(__name__)


class Begun(NamedTuple):
    """The objects of a run on a corpus.

    Attributes:
        data: the data module, after its setup.
        found: its description of the corpus.
        pace: the epochs and batches chosen for it, in one line; empty for the default ones.
        trainer: the trainer, before training.
        best_epoch: how the best epoch is chosen.
    """

    data: ReviewDataModule
    found: dict[str, Any]
    pace: str
    trainer: Trainer
    best_epoch: BestEpoch


def begin(cfg: DictConfig, folder: Path, try_model: Callable[[], object]) -> Begun:
    """Seed a run, build its objects, and read its corpus.

    Args:
        cfg: the configuration; the source that is used and the chosen pace are written to it.
        folder: the run folder.
        try_model: builds a model for any vocabulary, so that mistakes show before the corpus is
            read.

    Raises:
        UserError: a setting is wrong, or as in `read_corpus`.
    """
    lightning.seed_everything(cfg.seed, workers=True, verbose=False)
    data = build_data(cfg)
    best_epoch = BestEpoch.of(cfg)
    for line in without_effect(cfg):
        log.warning(line)
    trainer = build_trainer(cfg, folder)
    history_of(trainer)  # raises if it is missing
    try_model()
    if trainer.strategy.root_device.type == "cpu":
        kernels.prepare()
    found, pace = read_corpus(cfg, folder, trainer, data)
    if trainer.max_epochs != cfg.trainer.max_epochs:  # chosen for this corpus
        trainer = build_trainer(cfg, folder)
    return Begun(data, found, pace, trainer, best_epoch)


def read_corpus(
    cfg: DictConfig, folder: Path, trainer: Trainer, data: ReviewDataModule
) -> tuple[dict[str, Any], str]:
    """Set up the data, and save vocabulary and fingerprint in the run folder.

    Returns:
        A description of the data, and the pace chosen for them; see `set_pace`.

    Raises:
        UserError: the corpus cannot be read, or differs from that of the resumed run.
    """
    data.setup()
    assert data.store is not None
    set_source(cfg, data.source)
    pace = "" if cfg.resume else set_pace(cfg, data)
    if trainer.is_global_zero and not cfg.resume:
        runs.save_config(folder, cfg)
    if data.source.fallback and trainer.is_global_zero:
        print_fallback(data.source.fallback)
    if cfg.resume:
        check_corpus(folder, data)
    elif trainer.is_global_zero:
        with replacing(folder / "tokenizer.json") as tokenizer:
            tokenizer.write(data.store.tokenizer_file.read_bytes())
        parts = data.store.fingerprint.to_dict()
        runs.save_corpus(folder, data.labels, parts, data.several)
    return data.describe(), pace


def fit(
    cfg: DictConfig,
    folder: Path,
    trainer: Trainer,
    module: LightningModule,
    data: ReviewDataModule,
) -> None:
    """Train a module, from the beginning or from the run's last checkpoint."""
    if trainer.is_global_zero:
        manifest.seal(folder, manifest.BEGINNING)
    log_settings(trainer, cfg)
    if isinstance(profiler := vars(trainer)["profiler"], StepProfiler):
        profiler.watch(module)
    computed = kernels.in_use(trainer.strategy.root_device)  # waits until kernels are compiled
    log.info("%s, %s, %s kernels", device(trainer), trainer.precision, computed)
    checkpoint = to_resume(cfg, folder)
    with continuing(trainer, checkpoint):
        trainer.fit(module, datamodule=data, ckpt_path=checkpoint, weights_only=True)
