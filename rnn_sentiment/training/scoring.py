"""Score the test part: probabilities of every row, and their metrics."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import torch
from lightning import Trainer
from omegaconf import DictConfig
from torch import Tensor
from torchmetrics import MetricCollection

from rnn_sentiment import kernels
from rnn_sentiment.bars import is_watched
from rnn_sentiment.class_scores import averages, class_scores
from rnn_sentiment.classifier import Classifier
from rnn_sentiment.configuration import blame
from rnn_sentiment.data import ReviewDataModule
from rnn_sentiment.judgement import yardstick_of
from rnn_sentiment.metrics import as_scores, make_metrics
from rnn_sentiment.outcome import AnyOf, Outcome
from rnn_sentiment.storage import replacing
from rnn_sentiment.training.confusion import confusion, save_confusion
from rnn_sentiment.training.dead_units import watching
from rnn_sentiment.training.scoring_bar import ScoringBar

PARTS = {"val": "the validation part", "test": "the test part"}


def predict_rows(
    cfg: DictConfig, classifier: Classifier, data: ReviewDataModule, part: Literal["val", "test"]
) -> Tensor:
    """Compute the logits, `(N,)` or `(N, C)`, of a part, on one device in the run's precision."""
    kernels.use(cfg.trainer.kernels)
    with blame("trainer"):
        trainer = Trainer(
            accelerator=cfg.trainer.accelerator,
            devices=1,
            precision=cfg.trainer.precision,
            deterministic=cfg.trainer.deterministic,
            callbacks=[ScoringBar(PARTS[part])] if is_watched() else [],
            enable_progress_bar=is_watched(),
            logger=False,
            enable_checkpointing=False,
            enable_model_summary=False,
        )
    data.trainer = trainer  # one process, even after a DDP run
    loader = data.val_dataloader() if part == "val" else data.test_dataloader()
    logits = torch.cat(trainer.predict(classifier, loader))  # type: ignore[arg-type]
    return logits[np.argsort(np.concatenate(data.batches(loader)))]


def predict_test(cfg: DictConfig, classifier: Classifier, data: ReviewDataModule) -> pd.DataFrame:
    """Score every test row; see `predict_rows`.

    Returns:
        A row per test review, sorted by `row_id`: `row_id` (hash of the text and occurrence
        number), `label`, `predicted`, `duplicate` (the text is also in the train part, or earlier
        in the test part), `length` in tokens before truncation, and `logit` and `probability` of
        label 1, or with more than two classes `logit_0`, `probability_0`, ...; an `Outcome`
        interprets the labels
    """
    logits = predict_rows(cfg, classifier, data, "test")
    outcome = data.outcome
    shares = outcome.probabilities(logits)
    test = data.test_set
    seen = data.train_set.hashes
    if data.splits.validate_on == "validation":
        seen = np.r_[seen, data.validation_set.hashes]
    frame = pd.DataFrame(
        {
            "row_id": test.row_ids(),
            "label": test.labels,
            "predicted": outcome.predicted(shares).numpy(),
            "duplicate": np.isin(test.hashes, seen) | pd.Series(test.hashes).duplicated(),
            "length": test.full_lengths,
        }
    )
    if logits.dim() == 1:
        frame["logit"], frame["probability"] = logits.numpy(), shares.numpy()
    else:
        for label in range(logits.shape[1]):
            frame[f"logit_{label}"] = logits[:, label].numpy()
            frame[f"probability_{label}"] = shares[:, label].numpy()
    return frame.sort_values("row_id", ignore_index=True)


def logits_of(predictions: pd.DataFrame) -> Tensor:
    """The logits in a table of predictions: `(N,)` or `(N, C)`."""
    if "logit" in predictions:
        return torch.tensor(predictions["logit"].to_numpy(np.float32))
    return torch.tensor(predictions.filter(regex=r"^logit_\d+$").to_numpy(np.float32))


def scores(
    predictions: pd.DataFrame, outcome: Outcome, metrics: MetricCollection
) -> dict[str, float | None]:
    """The metrics of predictions, and the loss (nats per row); None where undefined.

    Args:
        predictions: see `predict_test`.
        outcome: how labels and logits are interpreted.
        metrics: see `judged`.
    """
    logits, labels = logits_of(predictions), torch.tensor(predictions["label"].to_numpy())
    metrics.reset()
    found = as_scores(metrics(outcome.probabilities(logits), outcome.targets(labels)))
    found["loss"] = float(outcome.losses(logits, labels).mean())
    return found


def score_test(
    cfg: DictConfig, folder: Path, classifier: Classifier, data: ReviewDataModule
) -> dict[str, Any]:
    """Score the test part, save the predictions in the run folder, and return the scores."""
    with watching(classifier) as watch:
        predictions = predict_test(cfg, classifier, data)
    with replacing(folder / "predictions.parquet") as file:
        predictions.to_parquet(file)
    labels, answers = (predictions[name].to_numpy() for name in ("label", "predicted"))
    by_class = class_scores(labels, answers, data.outcome, data.labels)
    found: dict[str, Any] = {
        **test_results(predictions, data.outcome, judged(cfg, data)),
        "classes": {name: one._asdict() for name, one in by_class.items()},
    }
    if isinstance(data.outcome, AnyOf):
        found["averages"] = averages(labels, answers, data.outcome)
    else:
        found["confusion"] = confusion(predictions, len(data.labels))
        save_confusion(found["confusion"], data.labels, folder / "confusion.png")
    found["dead_units"] = watch.dead()
    found["most_common"] = most_common(predictions)
    return found


def judged(cfg: DictConfig, data: ReviewDataModule) -> MetricCollection:
    """The metrics of a run.

    Raises:
        UserError: a setting does not fit the classes.
    """
    return make_metrics(data.outcome, yardstick_of(cfg, data.outcome, data.labels))


def most_common(predictions: pd.DataFrame) -> dict[str, float] | None:
    """The probability of a class that most test texts share exactly, and their share.

    None if only texts of the same label share one, as very sure answers can.
    """
    name = "probability" if "probability" in predictions else "probability_0"
    groups = predictions.groupby(name)["label"].agg(["size", "nunique"])
    sizes = groups["size"][groups["nunique"] > 1]
    if sizes.empty:
        return None
    most: Any = sizes.idxmax()
    return {"probability": float(most), "share": float(sizes[most] / len(predictions))}


def test_results(
    predictions: pd.DataFrame, outcome: Outcome, metrics: MetricCollection
) -> dict[str, dict[str, float | None]]:
    """Scores on the test part, with and without duplicates; see `scores`."""
    parts = {"test": predictions, "test_deduplicated": predictions[~predictions["duplicate"]]}
    return {name: scores(rows, outcome, metrics) for name, rows in parts.items() if len(rows)}
