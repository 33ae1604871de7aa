"""Small language models and classifiers, trained as the commands train them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from omegaconf import DictConfig

from rnn_sentiment import manifest, runs
from rnn_sentiment.configuration import compose
from rnn_sentiment.pretraining.recipe import with_recipe
from rnn_sentiment.training.classification import fit_and_test
from rnn_sentiment.training.language_modelling import fit_language_model

STEPS = 5  # of an epoch
QUICK = (
    "data.fingerprint=null",
    "trainer.precision=32-true",
    "callbacks.progress_bar=null",
    "logger=none",
)


def language_model(corpus: Path, cache: Path, *overrides: str) -> DictConfig:
    small = ("model.hidden_size=6", "embedding.dim=4", "data.num_steps=32")
    cfg = compose(
        f"data.path={corpus}", f"data.cache={cache}", *QUICK, *small, "trainer.max_epochs=2",
        f"+trainer.limit_train_batches={STEPS}", *overrides, name="pretrain",
    )  # fmt: skip
    cfg.name = "run"
    return cfg


def pretrain(cfg: DictConfig, folder: Path, resume: bool = False) -> dict[str, Any]:
    cfg = cfg.copy()
    cfg.resume = str(folder) if resume else None
    folder.mkdir(exist_ok=True)
    runs.save_config(folder, cfg)
    results = fit_language_model(cfg, folder)
    runs.save_results(folder, results)
    manifest.seal(folder)
    return results


def classifier(corpus: Path, cache: Path, *overrides: str) -> DictConfig:
    files = (f"data.path={corpus}", f"data.cache={cache}")
    more = ("data.batch_size=100", "callbacks.pictures=null")
    return compose(*with_recipe([*files, *QUICK, *more, *overrides]))


def fine_tune(cfg: DictConfig, folder: Path) -> dict[str, Any]:
    cfg.name = "run"
    folder.mkdir()
    runs.save_config(folder, cfg)
    return fit_and_test(cfg, folder)
