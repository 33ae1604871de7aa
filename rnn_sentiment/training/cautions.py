"""Warnings about a run whose scores may look fine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from math import sqrt
from typing import Any

from rnn_sentiment.percentages import percentage

MOST_TIED = 0.05  # share of texts with the same probability; rounding to bfloat16 ties some
FEWEST_TIED = 10
FALLEN = 0.05  # share of the highest learning rate below which a schedule counts as finished
RISING = 0.01  # gain of accuracy in the last epoch above which a run has not levelled out
UNEQUAL = 4  # ratio of the largest class to the smallest above which classes are imbalanced
LEARNED = 0.5  # share of what the most common class leaves to learn


def cautions(results: Mapping[str, Any]) -> list[str]:
    """A sentence for each problem that the scores would hide.

    Args:
        results: as in `results.json`; `data.train_classes` has the training texts of each class.
    """
    return [
        *of_answers(results),
        *of_training(results),
        *(of_labels if results["data"].get("several") else of_classes)(results),
        *of_undefined(results),
        *of_duplicates(results),
        *of_units(results),
    ]


def of_answers(results: Mapping[str, Any]) -> Iterator[str]:
    """Answers to the test part that are all the same class, or share one probability."""
    classes = results.get("classes", {})
    given = [name for name, scores in classes.items() if scores["answers"]]
    if classes and not given:
        yield (
            "no test text gets any label: the model finds every label unlikely; train "
            "longer (trainer.max_epochs), or let evaluate choose thresholds (threshold=f1)"
        )
    if len(given) == 1 and not results["data"].get("several"):
        yield (
            f"every test text gets the answer '{given[0]}': the model does not tell the classes "
            "apart; train longer (trainer.max_epochs) or on more texts"
        )
    most = results.get("most_common")
    size = results["data"].get("sizes", {}).get("test", 0)
    if most is not None and most["share"] > MOST_TIED and most["share"] * size >= FEWEST_TIED:
        yield (
            f"{percentage(most['share'], 0)} of the test texts got the same probability, "
            f"{most['probability']:.3f}; train another seed as well"
        )


def of_training(results: Mapping[str, Any]) -> Iterator[str]:
    """Learning curves that are cut off, still rising, or never rose."""
    history, left = results["history"], results["learning_rate_left"]
    if len(history) < results["max_epochs"] and FALLEN < left < 1:
        yield (
            f"training stopped in epoch {len(history)} of {results['max_epochs']}, where the "
            f"learning rate was {percentage(left, 0)} of its highest: to let it fall to its end, "
            f"set trainer.max_epochs={len(history)} or leave out callbacks.early_stopping.patience"
        )
    values = [row["val/accuracy"] for row in history]
    last_is_best = results["validation"]["epoch"] == history[-1]["epoch"]
    if last_is_best and len(values) > 1:
        noise = sqrt(values[-1] * (1 - values[-1]) / results["data"]["sizes"]["validation"])
        before, after = list(pairwise(values))[-1]
        if after - before > max(RISING, noise):
            yield (
                f"the best epoch is the last of {len(values)}, and validation accuracy was "
                f"still rising, from {percentage(before)} to {percentage(after)}: train longer "
                f"(trainer.max_epochs={2 * len(values)})"
            )
    if results["data"].get("several"):
        return
    counts = results["data"]["train_classes"].values()
    usual = max(counts) / sum(counts)
    best = next(row for row in history if row["epoch"] == results["validation"]["epoch"])
    fitted = best.get("train/sample_accuracy", best["train/accuracy"])
    if fitted < usual + LEARNED * (1 - usual):
        yield (
            f"training accuracy is {percentage(fitted)}, and always answering the most common "
            f"class gives {percentage(usual)}: the model has learned little; train longer "
            "(trainer.max_epochs), with less dropout (embedding.dropout, embedding.word_dropout) "
            "or with a larger model"
        )


def of_classes(results: Mapping[str, Any]) -> Iterator[str]:
    """Imbalanced classes."""
    counts = results["data"]["train_classes"]
    most, least = max(counts, key=counts.get), min(counts, key=counts.get)
    if counts[most] > UNEQUAL * counts[least]:
        yield (
            f"the classes are imbalanced: {counts[most]:,} training texts are '{most}', "
            f"{counts[least]:,} '{least}'; accuracy says little about rare classes: choose the "
            "best epoch by macro F1 (metrics.best=val/macro_f1), or train with "
            "loss.class_weights=balanced"
        )


def of_labels(results: Mapping[str, Any]) -> Iterator[str]:
    """Labels that cannot be learned."""
    missing = [name for name, count in results["data"]["train_classes"].items() if not count]
    if missing:
        yield f"no training text has {', '.join(map(repr, missing))}, so it is never learned"


def of_undefined(results: Mapping[str, Any]) -> Iterator[str]:
    """Scores that are undefined because a part lacks classes."""
    for part in ("validation", "test"):
        if part in results and results[part]["auroc"] is None:
            lacks = (
                "for some label, all of its texts have it or none has"
                if results["data"].get("several")
                else "it has no text of at least one class, which macro F1 leaves out"
            )
            yield f"AUROC is undefined on the {part} part: {lacks}"


def of_duplicates(results: Mapping[str, Any]) -> Iterator[str]:
    """A test part that contains nothing new."""
    if "test" in results and "test_deduplicated" not in results:
        yield (
            "every test text is also in the train part: the test scores say nothing about new "
            "texts; give a separate test part, or set data.deduplicate=true"
        )


def of_units(results: Mapping[str, Any]) -> Iterator[str]:
    """Layers that are mostly dead."""
    for name, count in results.get("dead_units", {}).items():
        if 2 * count["dead"] >= count["of"]:
            yield (
                f"{count['dead']} of {count['of']} units of {name} are off for every test text; "
                "train another seed as well"
            )
