"""Train and test a classifier from a configuration."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from statistics import median
from typing import Any

import torch
from lightning import Trainer
from omegaconf import DictConfig

from rnn_sentiment import manifest
from rnn_sentiment.classifier import Classifier
from rnn_sentiment.data import ReviewDataModule
from rnn_sentiment.judgement import yardstick_of
from rnn_sentiment.outcome import OneOf
from rnn_sentiment.percentages import percentage
from rnn_sentiment.pretraining.transfer import list_of_folders, transfer, warn_of_splits
from rnn_sentiment.storage import read_json, save_array, write_file
from rnn_sentiment.training import tensorboard
from rnn_sentiment.training.build import build_classifier
from rnn_sentiment.training.cautions import cautions
from rnn_sentiment.training.curves import plot_curves
from rnn_sentiment.training.fitting import begin, fit
from rnn_sentiment.training.loggers import log_scores
from rnn_sentiment.training.rescoring import restore
from rnn_sentiment.training.results import check_monitors, facts, history_of
from rnn_sentiment.training.scoring import judged, score_test

log = logging.getLogger(__name__)


def fit_and_test(cfg: DictConfig, folder: Path) -> dict[str, Any]:
    """Train and test; return the contents of `results.json`."""
    data, found, pace, trainer, best_epoch = begin(cfg, folder, lambda: rehearse(cfg))
    log.info(
        "%s on %s: %s texts %s %d %s, %s words",
        cfg.name,
        found["title"],
        ", ".join(f"{size:,} {part}" for part, size in found["sizes"].items()),
        *("with any of" if data.several else "in", len(data.labels)),
        "labels" if data.several else "classes",
        f"{found['vocabulary_size']:,}",
    )
    known = data.known_beforehand
    log.info(
        "fingerprint %s; truncated %s; unknown %s",
        found["fingerprint"],
        percentages(found["truncated_share"]),
        percentages({n: s for n, s in found["unknown_share"].items() if n not in known}),
    )
    if data.vocabulary_source:
        log.info(data.vocabulary_source)
    if pace:
        log.info(pace)
    if data.splits.validate_on == "test":
        log.warning(
            "data.validate_on=test: the test part chooses the best epoch, so its scores are too "
            "good; compare them only with runs that do the same"
        )
    metrics = judged(cfg, data)
    check_monitors(cfg, map(str, metrics))
    counts = class_counts(data)
    classifier = build_classifier(
        cfg, found["vocabulary_size"], data.outcome, metrics, list(counts.values()),
        len(data.train_set),
    )  # fmt: skip
    embedding = initialise_embedding(cfg, folder, trainer, classifier, data)
    fit(cfg, folder, trainer, classifier, data)
    if not trainer.is_global_zero:
        return {}
    history = history_of(trainer)
    best = restore(cfg, folder, found["vocabulary_size"], data.outcome)
    results = {
        **facts(cfg, trainer, classifier),
        "data": {**data.describe(), "train_classes": counts},
        "positive": positive_class(cfg, data),
        "embedding": embedding,
        "fallback": data.source.fallback,
        "max_epochs": trainer.max_epochs,
        "learning_rate_left": rate_left(trainer),
        "validation": best_epoch.scores(history, map(str, metrics)),
        **(score_test(cfg, folder, best, data) if cfg.test else {}),
        "seconds_per_epoch": median(row["train/epoch_seconds"] for row in history),
        "tokens_per_second": median(row["train/tokens_per_second"] for row in history),
    }
    results["warnings"] = cautions(results)
    plot_curves(history, best_epoch.row(history), folder / "curves.png")
    log_scores(trainer, cfg, results)
    if "confusion" in results:
        tensorboard.log_confusion(trainer, results["confusion"], data.labels)
    elif "classes" in results:
        tensorboard.log_classes(trainer, results["classes"])
    return results


def rehearse(cfg: DictConfig) -> None:
    """Find mistakes in a configuration before the corpus is read."""
    if cfg.pretrained is not None:
        list_of_folders(cfg.pretrained)
    build_classifier(cfg, vocabulary_size=2)


def positive_class(cfg: DictConfig, data: ReviewDataModule) -> str | None:
    """The name of the class whose F1 is reported; None unless there are two classes."""
    if data.outcome != OneOf(2):
        return None
    return data.labels[yardstick_of(cfg, data.outcome, data.labels).positive]


def rate_left(trainer: Trainer) -> float:
    """The learning rate at the end of training, as a share of the schedule's highest."""
    schedule: Any = trainer.lr_scheduler_configs[0].scheduler
    return float(schedule.get_last_lr()[0] / schedule.base_lrs[0])


def class_counts(data: ReviewDataModule) -> dict[str, int]:
    """Number of training texts of each class, or with each label."""
    counts = data.outcome.members(torch.tensor(data.train_set.labels)).sum(0)
    return dict(zip(data.labels, counts.tolist(), strict=True))


def initialise_embedding(
    cfg: DictConfig, folder: Path, trainer: Trainer, classifier: Classifier, data: ReviewDataModule
) -> dict[str, Any]:
    """Initialise the embedding tables of a new run, save the word vectors, and describe them."""
    file = folder / "embedding.json"
    if cfg.resume is not None:  # the checkpoint has the table
        facts: dict[str, Any] = read_json(file)
        return facts
    embedding: Any = classifier.embedding
    if cfg.pretrained is None:
        facts = embedding.initialise(data, cfg.seed)
    else:
        folders = list_of_folders(cfg.pretrained)
        warn_of_splits(folders, data.splits)
        facts = transfer(folders, classifier, data.vocabulary)
    if classifier.ngrams is not None:
        ngrams: Any = classifier.ngrams
        facts |= ngrams.initialise(data)
    if trainer.is_global_zero:
        write_file(file, json.dumps(facts))
        if embedding.table is not None:
            save_array(folder / manifest.INITIAL_VECTORS, embedding.table.weight.detach().numpy())
        if "coverage" in facts:
            log.info(
                "vectors %s: of the vocabulary %s, of the training texts' tokens %s",
                facts["source"],
                *(percentage(facts["coverage"][of]) for of in ("types", "tokens")),
            )
        if "ngrams" in facts:
            log.info(
                "n-grams: %s of %s in the training texts",
                *(f"{facts[key]:,}" for key in ("ngrams", "in_texts")),
            )
    return facts


def percentages(shares: dict[str, float | None]) -> str:
    """Format shares for the log; those of a stream are unknown until it is read."""
    known = [f"{percentage(share)} {part}" for part, share in shares.items() if share is not None]
    return ", ".join(known) or "not known before a stream is read"
