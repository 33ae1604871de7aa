"""Score a trained run again: restore its best classifier and corpus, and compare scores."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import torch
from omegaconf import DictConfig

from rnn_sentiment import kernels, manifest, runs, schedulers
from rnn_sentiment.classifier import Classifier
from rnn_sentiment.configuration import compose, options, unknown, validate
from rnn_sentiment.data import ReviewDataModule
from rnn_sentiment.data.fingerprint import Fingerprint
from rnn_sentiment.data.stored import read_elsewhere
from rnn_sentiment.data.stored_tokenizer import load_stored_vocabulary
from rnn_sentiment.errors import MachineError, UserError
from rnn_sentiment.network import build_parts, load_best
from rnn_sentiment.outcome import Outcome
from rnn_sentiment.training.build import build_data, check_device
from rnn_sentiment.training.cautions import cautions
from rnn_sentiment.training.scoring import (
    judged,
    predict_test,
    score_test,
    test_results,
)
from rnn_sentiment.trust import check_stored

CLOSE = 0.005  # largest difference of accuracies that were computed in different ways
PARTS = ("test", "test_deduplicated")  # the second one is missing if it is empty
CHANGEABLE = ("data.", "trainer.")  # how and where a run is scored; the model itself is fixed


class OtherCorpus(UserError):
    """The corpus of a run cannot be read, or is a different one."""


class Reopened(NamedTuple):
    """A run with its best classifier and its corpus, as trained."""

    folder: Path
    cfg: DictConfig
    classifier: Classifier
    data: ReviewDataModule


class Rescored(NamedTuple):
    """Scores by part of the corpus, and how they compare with those that the run recorded.

    Attributes:
        predictions: predictions for the test part; see `predict_test`.
        warnings: warnings about the scores, if they were recorded only now.
    """

    scores: dict[str, dict[str, float | None]]
    comparison: str
    predictions: pd.DataFrame
    warnings: Sequence[str] = ()


def rescore(folder: Path, overrides: Sequence[str] = (), trainer: str | None = None) -> Rescored:
    """Restore a run's best checkpoint, score the test part, and compare; see `compare`."""
    return compare(reopen(folder, overrides, trainer))


def reopen(folder: Path, overrides: Sequence[str] = (), trainer: str | None = None) -> Reopened:
    """Restore a run's best checkpoint, and read its corpus.

    Args:
        folder: the run folder.
        overrides: `data.KEY=VALUE` and `trainer.KEY=VALUE` that differ from the run's.
        trainer: a file of `conf/trainer` to use instead of the run's.

    Raises:
        UserError: there is no such run.
        OtherCorpus: its corpus cannot be read, or is a different one.
    """
    manifest.verify(folder, (*manifest.READ_TO_PREDICT, "results.json"))
    cfg = runs.load_classifier_config(folder)
    check_stored(cfg)
    if trainer is not None:
        if trainer not in options("trainer"):
            raise UserError(unknown("trainer", trainer, options("trainer"), what="choice for"))
        cfg.trainer = compose(f"trainer={trainer}").trainer
    for override in overrides:
        if not override.startswith(CHANGEABLE):
            raise UserError(
                f"{override}: a run is scored as it was trained; only data.* and trainer.* can be "
                "changed"
            )
    cfg = read_elsewhere(cfg, overrides)
    validate(cfg)
    check_device(cfg)
    data = build_data(cfg)
    try:
        data.setup()
    except MachineError:
        raise
    except UserError as error:
        raise OtherCorpus(str(error)) from error
    assert data.store is not None
    check_corpus(folder, data)
    classifier = restore(cfg, folder, len(data.store.vocabulary), data.outcome)
    return Reopened(folder, cfg, classifier, data)


def compare(run: Reopened) -> Rescored:
    """Score the test part, and compare with the scores that the run recorded.

    If the run was trained with `test=false`, the scores are added to its results instead.

    Raises:
        UserError: the scores differ.
    """
    folder, cfg, classifier, data = run
    recorded = runs.load_results(folder)
    if recorded and "test" not in recorded:
        runs.refuse_links(folder)
        added = score_test(cfg, folder, classifier, data)
        recorded |= added
        with suppress(LookupError, TypeError, AttributeError, ValueError, ArithmeticError):
            recorded["warnings"] = cautions(recorded)  # if everything they depend on was recorded
        runs.save_results(folder, recorded)
        manifest.seal(folder)
        scores = {part: added[part] for part in added if part in PARTS}
        predictions = pd.read_parquet(folder / "predictions.parquet")
        comparison = f"added to {folder}/results.json"
        return Rescored(scores, comparison, predictions, recorded.get("warnings", ()))
    predictions = predict_test(cfg, classifier, data)
    scores = test_results(predictions, data.outcome, judged(cfg, data))
    return Rescored(scores, compared(folder, cfg, recorded, scores), predictions)


def compared(
    folder: Path,
    cfg: DictConfig,
    recorded: dict[str, Any],
    scores: dict[str, dict[str, float | None]],
) -> str:
    """Describe how scores compare with those that a run recorded.

    Raises:
        UserError: they differ.
    """
    if not recorded:
        return f"{folder} has no results.json to compare with"
    if all(is_same(recorded.get(part), found) for part, found in scores.items()):
        return "identical to results.json"
    differences = "; ".join(
        f"{part} accuracy {accuracy(scores, part):.4f}, recorded {accuracy(recorded, part):.4f}"
        for part in scores
    )
    furthest = max(abs(accuracy(scores, part) - accuracy(recorded, part)) for part in scores)
    here = how_computed(cfg)
    there = {key: recorded.get(key, value) for key, value in here.items()}
    if here != there and furthest <= CLOSE:
        return f"close to results.json, which was computed on {there}"
    raise UserError(f"these scores differ from {folder}/results.json: {differences}")


def is_same(recorded: Any, found: dict[str, float | None]) -> bool:
    """Whether the scores that a run recorded equal the scores found now.

    Older runs recorded fewer scores, and 0 where AUROC is undefined.
    """
    if not isinstance(recorded, dict) or not recorded:
        return False
    return all(
        name in found and value == (found[name] if found[name] is not None else value)
        for name, value in recorded.items()
    )


def accuracy(results: dict[str, Any], part: str) -> float:
    """The accuracy of a part in the results; NaN if it is missing."""
    scores = results.get(part)
    found = scores.get("accuracy") if isinstance(scores, dict) else None
    return float(found) if isinstance(found, (int, float)) else math.nan


def how_computed(cfg: DictConfig) -> dict[str, str]:
    """The settings that affect the last digits of scores."""
    on_cpu = cfg.trainer.accelerator == "cpu"
    return {
        "precision": str(cfg.trainer.precision),
        "kernels": kernels.in_use("cpu" if on_cpu else "cuda"),
        "device": "cpu" if on_cpu else torch.cuda.get_device_name(),
    }


def restore(cfg: DictConfig, folder: Path, vocabulary_size: int, outcome: Outcome) -> Classifier:
    """Rebuild the classifier of a run with the weights of its best epoch, ready to predict.

    Its optimizer is a placeholder: to score a run, only its embedding and its encoder are built
    from its configuration.
    """
    parts = build_parts(cfg, vocabulary_size, outcome)
    classifier = Classifier(*parts, torch.optim.Adam, schedulers.constant, outcome)
    load_best(classifier, folder)
    return classifier


def check_corpus(folder: Path, data: ReviewDataModule) -> None:
    """Compare corpus, classes and vocabulary with those that a run was trained on.

    Raises:
        OtherCorpus: the corpus differs; says how.
        UserError: the classes or the vocabulary differ.
    """
    labels, trained_on, _ = runs.load_corpus(folder)
    assert data.store is not None
    if differences := data.store.fingerprint.differences(Fingerprint.from_dict(trained_on)):
        raise OtherCorpus(
            f"this is not the corpus of {folder}: {'; '.join(differences)}; give that corpus "
            "with data.path=, or score a labelled file with file="
        )
    if tuple(data.labels) != labels:
        raise UserError(
            f"{folder}/corpus.json names the classes {', '.join(labels)}; the corpus has "
            f"{', '.join(data.labels)}"
        )
    if load_stored_vocabulary(folder / "tokenizer.json") != data.vocabulary:
        raise UserError(
            f"{folder}/tokenizer.json does not match the run's corpus and settings; restore "
            "it from a copy"
        )
