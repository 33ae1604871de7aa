"""One run from its configuration to a filled run folder."""

from __future__ import annotations

import logging
import os
import resource
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import lightning
import torch
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf

from rnn_sentiment import configuration, runs
from rnn_sentiment.data import ReviewDataModule
from rnn_sentiment.errors import UserError
from rnn_sentiment.evaluation import predict_test, restore, test_results
from rnn_sentiment.training.build import build_classifier, build_data, build_trainer
from rnn_sentiment.training.callbacks import History

log = logging.getLogger(__name__)


class Interrupted(Exception):
    """The run was asked to stop, by Ctrl-C or by SIGTERM."""


def train(cfg: DictConfig) -> None:
    """Train, or continue, the run that `cfg` describes and leave a filled run folder.

    Raises:
        UserError: the configuration, the corpus or the run folder cannot be used.
    """
    hydra_config = HydraConfig.get()
    folder = Path(hydra_config.runtime.output_dir)
    overrides = list(hydra_config.overrides.task)
    configuration.check(cfg)
    if "LOCAL_RANK" in os.environ:  # a DDP process; the first one keeps the folder
        fit_and_test(cfg, folder)
        return
    with runs.claim(folder, resume=cfg.resume is not None):
        runs.save_config(folder, cfg, overrides)
        results = runs.provenance()
        try:
            with interruptible():
                results |= fit_and_test(cfg, folder)
            results["status"] = "completed"
        except Interrupted as error:
            results |= {"status": "interrupted", "error": str(error)}
            raise
        except BaseException as error:
            results |= {"status": "failed", "error": configuration.explain(error)}
            raise
        finally:
            runs.save_results(folder, results)


def fit_and_test(cfg: DictConfig, folder: Path) -> dict[str, Any]:
    """Do the work of a run and answer with what `results.json` says of it."""
    lightning.seed_everything(cfg.seed, workers=True, verbose=False)
    data = build_data(cfg)
    trainer = build_trainer(cfg, folder)
    data.setup()
    assert data.store is not None
    vocabulary_size = len(data.store.vocabulary)
    classifier = build_classifier(cfg, vocabulary_size)
    last = folder / "checkpoints" / "last.ckpt"
    trainer.fit(
        classifier,
        datamodule=data,
        ckpt_path=str(last) if cfg.resume else None,
        weights_only=True,
    )
    predictions = predict_test(cfg, restore(cfg, folder, vocabulary_size), data)
    predictions.to_parquet(folder / "predictions.parquet")
    return test_results(predictions)


@contextmanager
def interruptible() -> Iterator[None]:
    """Turn Ctrl-C and SIGTERM into `Interrupted`, which Lightning lets through."""

    def stop(signum: int, frame: Any) -> None:
        raise Interrupted(signal.Signals(signum).name)

    before = {s: signal.signal(s, stop) for s in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for signum, handler in before.items():
            signal.signal(signum, handler)
