"""Train a language model from a configuration."""

from __future__ import annotations

import logging
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from omegaconf import DictConfig
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from rnn_sentiment.configuration import make
from rnn_sentiment.pretraining import LanguageModel, StreamDataModule
from rnn_sentiment.training.build import check_optimizer
from rnn_sentiment.training.fitting import begin, fit
from rnn_sentiment.training.loggers import log_scores
from rnn_sentiment.training.results import facts, history_of
from rnn_sentiment.training.terminal import print_costs

log = logging.getLogger(__name__)


def fit_language_model(cfg: DictConfig, folder: Path) -> dict[str, Any]:
    """Train; return the contents of `results.json`.

    `validation.perplexity` is that of the best epoch; `history` has that of every epoch.
    """
    data, found, _, trainer, best_epoch = begin(
        cfg, folder, lambda: build_language_model(cfg, np.ones(4, np.int64))
    )
    assert isinstance(data, StreamDataModule)
    log.info(
        "%s, %s: %s; fingerprint %s; vocabulary %s; %s streams",
        found["title"],
        found["direction"],
        ", ".join(
            f"{found['texts'][part]:,} texts with {found['tokens'][part]:,} tokens {part}"
            for part in found["texts"]
        ),
        found["fingerprint"],
        f"{found['vocabulary_size']:,}",
        found["streams"],
    )
    model = build_language_model(cfg, data.counts())
    fit(cfg, folder, trainer, model, data)
    if not trainer.is_global_zero:
        return {}
    history = history_of(trainer)
    results = {
        **facts(cfg, trainer, model),
        "data": found,
        "fallback": data.source.fallback,
        "validation": best_epoch.scores(history),
        "seconds_per_epoch": median(row["train/epoch_seconds"] for row in history),
        "tokens_per_second": median(row["train/tokens_per_second"] for row in history),
    }
    log_scores(trainer, cfg, results)
    return results


def build_language_model(cfg: DictConfig, counts: np.ndarray) -> LanguageModel:
    """Build the untrained language model; `counts` (V,) is how often each id occurs."""
    embedding = make(cfg, "embedding", vocabulary_size=len(counts))
    network = make(cfg, "model", embedding=embedding, counts=counts)
    model = LanguageModel(network, make(cfg, "optimizer"), make(cfg, "scheduler"))
    check_optimizer(model)
    return model


def print_perplexity(results: dict[str, Any], folder: Path) -> None:
    """Print the perplexity of every epoch, and how to train a classifier from the model."""
    table = Table(title=f"{escape(results['data']['title'])}: perplexity")
    for name in ("epoch", "train", "validation"):
        table.add_column(name, justify="right")
    for row in results["history"]:
        table.add_row(
            f"{row['epoch'] + 1:.0f}",
            *(f"{row[f'{part}/perplexity']:.2f}" for part in ("train", "val")),
        )
    console = Console()
    console.print(table)
    print_costs(console, results, folder)
    console.print(f"classifier:  python -m rnn_sentiment.train pretrained={folder}", soft_wrap=True)
