"""One run from its configuration to a filled run folder."""

from __future__ import annotations

import json
import logging
import os
import shutil
from pathlib import Path
from statistics import median
from typing import Any

import lightning
import numpy as np
from hydra.core.hydra_config import HydraConfig
from lightning import Trainer
from omegaconf import DictConfig

from rnn_sentiment import configuration, runs
from rnn_sentiment.classifier import Classifier
from rnn_sentiment.data import ReviewDataModule
from rnn_sentiment.errors import Interrupted, UserError, interruptible
from rnn_sentiment.training import tensorboard
from rnn_sentiment.training.build import build_classifier, build_data, build_trainer
from rnn_sentiment.training.callbacks import FrozenVectors, Throughput
from rnn_sentiment.training.checkpoints import to_resume
from rnn_sentiment.training.curves import plot_curves
from rnn_sentiment.training.pictures import Inspection
from rnn_sentiment.training.results import facts, history_of
from rnn_sentiment.training.scoring import check_corpus, restore, score_test
from rnn_sentiment.training.terminal import print_fallback

log = logging.getLogger(__name__)


def train(cfg: DictConfig) -> None:
    """Train, or continue, the run that `cfg` describes and leave a filled run folder.

    Raises:
        UserError: the configuration, the corpus or the run folder cannot be used.
        Interrupted: the run was told to stop; its last finished epoch is kept.
    """
    hydra_config = HydraConfig.get()
    folder = Path(hydra_config.runtime.output_dir)
    overrides = list(hydra_config.overrides.task)
    if cfg.resume is not None:
        folder = Path(cfg.resume)
        cfg = resumed_config(folder, cfg, overrides)
    configuration.check(cfg)
    fit, print_results = (configuration.make(cfg, f"task.{k}") for k in ("fit", "print_results"))
    if "LOCAL_RANK" in os.environ:  # a further DDP process; the first one keeps the folder
        fit(cfg, folder)
        return
    with runs.claim(folder, resume=cfg.resume is not None):
        runs.save_config(folder, cfg, overrides)
        results: dict[str, Any] = {"status": "failed", "error": "", **runs.provenance()}
        try:
            with interruptible(lambda: how_to_go_on(folder)):
                results |= {**fit(cfg, folder), "status": "completed", "error": None}
        except Interrupted as error:
            results |= {"status": "interrupted", "error": str(error)}
            raise
        except BaseException as error:
            results["error"] = configuration.explain(error)
            raise
        finally:
            runs.save_results(folder, results)
        print_results(results, folder)


def resumed_config(folder: Path, cfg: DictConfig, overrides: list[str]) -> DictConfig:
    """Take the configuration of a stopped run; nothing but `resume` may be said anew.

    Raises:
        UserError: there is no such run, it is complete, or more was said.
    """
    stored = runs.load_config(folder)
    if runs.load_results(folder).get("status") == "completed":
        raise UserError(f"resume={folder}: this run is complete; start a new one instead")
    if not (folder / "checkpoints" / "last.ckpt").exists():
        raise UserError(
            f"resume={folder}: the run stopped before its first epoch ended; start anew"
        )
    more = [o for o in overrides if not o.startswith("resume=")]
    if more:
        raise UserError(f"resume={folder} continues the run as it was; leave out {' '.join(more)}")
    stored.resume = cfg.resume
    return stored


def fit_and_test(cfg: DictConfig, folder: Path) -> dict[str, Any]:
    """Do the work of a run and answer with what `results.json` says of it."""
    lightning.seed_everything(cfg.seed, workers=True, verbose=False)
    data = build_data(cfg)
    trainer = build_trainer(cfg, folder, FrozenVectors(), Throughput(), Inspection())
    build_classifier(
        cfg, vocabulary_size=2, num_classes=2
    )  # finds mistakes before anything is read
    data.setup()
    assert data.store is not None
    found = data.describe()
    log.info(
        "%s: %s; fingerprint %s; truncated %s; unknown %s; vocabulary %s",
        found["source"],
        ", ".join(f"{size:,} {part}" for part, size in found["sizes"].items()),
        found["fingerprint"],
        percentages(found["truncated_share"]),
        percentages(found["unknown_share"]),
        f"{found['vocabulary_size']:,}",
    )
    if data.fallback:
        print_fallback(data.fallback)
    if data.validate_on == "test":
        log.warning(
            "data.validate_on=test: the test part chooses the best epoch, so its scores are too "
            "good; compare them with nothing but runs that do the same"
        )
    if cfg.resume:
        check_corpus(folder, data.store.fingerprint)
    elif trainer.is_global_zero:
        shutil.copyfile(data.store.tokenizer_file, folder / "tokenizer.json")
        runs.save_corpus(folder, data.labels, data.store.fingerprint.to_dict())
    classifier = build_classifier(cfg, found["vocabulary_size"], len(data.labels))
    embedding = initialise_embedding(cfg, folder, trainer, classifier, data)
    tensorboard.log_configuration(trainer, cfg)
    trainer.fit(
        classifier,
        datamodule=data,
        ckpt_path=to_resume(cfg, folder),
        weights_only=True,
    )
    if not trainer.is_global_zero:
        return {}
    history = history_of(trainer)
    best = restore(cfg, folder, found["vocabulary_size"], len(data.labels))
    results = {
        **facts(cfg, trainer, classifier),
        "data": data.describe(),
        "embedding": embedding,
        "fallback": data.fallback,
        "validation": best_row(history),
        **(score_test(cfg, folder, best, data) if cfg.test else {}),
        "seconds_per_epoch": median(row["train/epoch_seconds"] for row in history),
        "tokens_per_second": median(row["train/tokens_per_second"] for row in history),
    }
    plot_curves(history, folder / "curves.png")
    tensorboard.log_hyperparameters(trainer, cfg, results)
    return results


def initialise_embedding(
    cfg: DictConfig, folder: Path, trainer: Trainer, classifier: Classifier, data: ReviewDataModule
) -> dict[str, Any]:
    """Fill the embedding's table where a run begins, keep it for comparison, and say what it is."""
    file = folder / "embedding.json"
    if cfg.resume is not None:  # the checkpoint has the table
        facts: dict[str, Any] = json.loads(file.read_text())
        return facts
    embedding: Any = classifier.embedding
    facts = embedding.initialise(data, cfg.seed)
    if trainer.is_global_zero:
        file.write_text(json.dumps(facts))
        if embedding.table is not None:
            np.save(folder / runs.INITIAL_VECTORS, embedding.table.weight.detach().numpy())
        if "coverage" in facts:
            log.info(
                "vectors %s: of the vocabulary %s, of the training texts' tokens %s",
                facts["source"],
                *(f"{facts['coverage'][of]:.1%}" for of in ("types", "tokens")),
            )
    return facts


def percentages(shares: dict[str, float | None]) -> str:
    """Write shares for the log; a stream learns them as it is read."""
    known = [f"{share:.1%} {part}" for part, share in shares.items() if share is not None]
    return ", ".join(known) or "not known before a stream is read"


def best_row(history: list[dict[str, float]]) -> dict[str, float]:
    """The validation scores of the epoch whose checkpoint is kept as the best."""
    row = max(history, key=lambda row: row["val/accuracy"])
    scores = {name.removeprefix("val/"): v for name, v in row.items() if name.startswith("val/")}
    return {"epoch": row["epoch"], **scores}


def how_to_go_on(folder: Path) -> str:
    """Say what a stopped run has kept."""
    if (folder / "checkpoints" / "last.ckpt").exists():
        return f"continue with: python -m rnn_sentiment.train resume={folder}"
    return "no epoch was finished"
