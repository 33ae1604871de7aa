"""Scoring the test part: probabilities of every row, and what they are worth."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import torch
from lightning import Trainer
from lightning.pytorch.callbacks import TQDMProgressBar
from omegaconf import DictConfig
from torch.nn import functional as F

from rnn_sentiment.classifier import Classifier, make_metrics
from rnn_sentiment.data import ReviewDataModule
from rnn_sentiment.training.build import build_classifier
from rnn_sentiment.training.checkpoints import load_checkpoint


def restore(cfg: DictConfig, folder: Path, vocabulary_size: int) -> Classifier:
    """Rebuild the classifier of a run with the weights of its best epoch."""
    classifier = build_classifier(cfg, vocabulary_size)
    classifier.load_state_dict(load_checkpoint(folder / "checkpoints" / "best.ckpt")["state_dict"])
    return classifier.eval()


def predict_test(cfg: DictConfig, classifier: Classifier, data: ReviewDataModule) -> pd.DataFrame:
    """Score every test row on one device, in the precision of the run.

    Returns:
        A row per test review, sorted by `row_id`: `row_id` (hash of the text and occurrence
        number), `label`, `logit`, `probability` of label 1, and `duplicate` (the text also stands
        in the train part, or already stood in the test part).
    """
    trainer = Trainer(
        accelerator=cfg.trainer.accelerator,
        devices=1,
        precision=cfg.trainer.precision,
        deterministic=cfg.trainer.deterministic,
        callbacks=[TQDMProgressBar()],
        logger=False,
        enable_checkpointing=False,
        enable_model_summary=False,
    )
    data.trainer = trainer  # one process, also behind a DDP run
    loader = data.test_dataloader()
    logits = torch.cat(trainer.predict(classifier, loader))  # type: ignore[arg-type]
    order = np.concatenate(loader.sampler.batches())  # type: ignore[attr-defined]
    assert data.store is not None
    test = data.store.test
    frame = pd.DataFrame(
        {
            "row_id": test.row_ids(),
            "label": np.asarray(test.labels),
            "duplicate": np.isin(test.hashes, data.store.train.hashes)
            | pd.Series(np.asarray(test.hashes)).duplicated().to_numpy(),
        }
    )
    frame.loc[order, "logit"] = logits.numpy()
    frame["probability"] = torch.sigmoid(torch.tensor(frame["logit"].to_numpy())).numpy()
    return frame.sort_values("row_id", ignore_index=True)


def scores(predictions: pd.DataFrame) -> dict[str, float]:
    """Accuracy, F1, AUROC, calibration error and loss (nats a row) of predictions."""
    logits = torch.tensor(predictions["logit"].to_numpy(), dtype=torch.float32)
    labels = torch.tensor(predictions["label"].to_numpy())
    found = {name: float(value) for name, value in make_metrics()(logits, labels).items()}
    found["loss"] = float(F.binary_cross_entropy_with_logits(logits, labels.float()))
    return found


def test_results(predictions: pd.DataFrame) -> dict[str, dict[str, float]]:
    """Scores on the whole test part, and on it without duplicates."""
    return {
        "test": scores(predictions),
        "test_deduplicated": scores(predictions[~predictions["duplicate"]]),
    }
