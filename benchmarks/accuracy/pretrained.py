"""What language models on all texts give a classifier.

    python -m benchmarks.accuracy.pretrained data.path=FOLDER

Pretrains a forward and a backward language model on the train part and the unlabelled texts, then
trains each of `CLASSIFIERS` from the forward one or from both, with all cores. The one that is
best on the validation part is scored on the test part. Runs stay in `runs/pretrained/`, and those
that have finished are not repeated: a call that was stopped goes on. Writes `pretrained.csv`, a
row for each classifier, and `pretrained-epochs.csv`, a row for each epoch of a language model.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.markdown import table
from benchmarks.runs import CORES, Results, train
from rnn_sentiment.training.rescoring import rescore

HERE = Path(__file__).parent
SCORES, EPOCHS = HERE / "pretrained.csv", HERE / "pretrained-epochs.csv"
RUNS = Path("runs/pretrained")
SMALLER = ["model.hidden_size=384", "model.cutoffs=[1000,8000]", "trainer.max_epochs=3"]
ALL_AT_ONCE = "callbacks.unfreezing.epochs=0"  # rather than layer after layer


@dataclass(frozen=True)
class Classifier:
    """What a classifier is trained with, and the language models that it starts from."""

    name: str
    overrides: tuple[str, ...] = ()
    directions: tuple[str, ...] = ("forward",)

    @property
    def folder(self) -> Path:
        """Its run folder."""
        return RUNS / self.name.replace(", ", "-").replace(" ", "-")


CLASSIFIERS = (
    Classifier("words"),
    Classifier("words and phrases", ("ngrams=naive_bayes",)),
    Classifier("words and phrases, adversarial", ("ngrams=naive_bayes", "objective=adversarial")),
    Classifier(
        "words and phrases, virtual adversarial",
        ("ngrams=naive_bayes", "objective=virtual_adversarial", "pace.epochs=6"),
    ),
    Classifier(
        "both directions, words and phrases, adversarial",
        ("ngrams=naive_bayes", "objective=adversarial"),
        ("forward", "backward"),
    ),
)


def table_of_scores() -> str:
    """Accuracy, time and memory of each classifier."""
    runs = pd.read_csv(SCORES)
    return table(
        {
            "the classifier": row.classifier,
            "perplexity before": " and ".join(
                f"{value:.0f}"
                for value in (row.perplexity_forward, row.perplexity_backward)
                if value > 0
            ),
            "validation accuracy, %": f"{100 * row.validation_accuracy:.2f}",
            "test accuracy, %": f"{100 * row.test_accuracy:.2f}" if row.test_accuracy > 0 else "",
            "minutes": f"{row.minutes:.0f}",
            "peak MiB": f"{row.peak_mib:,.0f}",
        }
        for row in runs.itertuples()
    )


def best() -> tuple[Any, float, float]:
    """The best classifier, and minutes and peak MiB with those of its language models."""
    (found,) = pd.read_csv(SCORES).dropna(subset="test_accuracy").itertuples()
    epochs = pd.read_csv(EPOCHS)
    if not found.perplexity_backward > 0:
        epochs = epochs[epochs["direction"] == "forward"]
    minutes = found.minutes + epochs["seconds"].sum() / 60
    return found, minutes, max(found.peak_mib, *epochs["peak_mib"])


def preset() -> dict[str, str]:
    """The best classifier's row in the README."""
    found, minutes, peak_mib = best()
    return {
        "": "`experiment=best_semi_supervised`",
        "test accuracy, %": f"{100 * found.test_accuracy:.2f} (one seed)",
        "minutes": f"{minutes:.0f}",
        "peak MiB": f"{peak_mib:,.0f}",
    }


def table_of_epochs() -> str:
    """Perplexity and minutes of the language models."""
    return table(
        {
            "direction": row.direction,
            "epoch": row.epoch,
            "train perplexity": f"{row.train_perplexity:.0f}",
            "validation perplexity": f"{row.validation_perplexity:.0f}",
            "minutes": f"{row.seconds / 60:.0f}",
        }
        for row in pd.read_csv(EPOCHS).itertuples()
    )


def language_model(overrides: list[str], direction: str = "forward") -> tuple[Path, Results]:
    """A language model's folder and results; it is trained if it has not been."""
    program = ("-m", "rnn_sentiment.pretrain")
    what = [*SMALLER, f"direction={direction}", *overrides]
    return RUNS / direction, train(RUNS / direction, what, program=program)


def epochs_of(direction: str, model: Results) -> list[dict[str, Any]]:
    """A row for each epoch of a language model."""
    return [
        {
            "direction": direction,
            "epoch": row["epoch"] + 1,
            "train_perplexity": round(row["train/perplexity"], 1),
            "validation_perplexity": round(row["val/perplexity"], 1),
            "seconds": round(row["train/epoch_seconds"]),
            "threads": CORES,
            "peak_mib": round(model["peak_memory_bytes"] / 2**20),
        }
        for row in model["history"]
    ]


def trained(
    classifier: Classifier, models: dict[str, tuple[Path, Results]], overrides: list[str]
) -> dict[str, Any]:
    """A classifier's row; it is trained if it has not been."""
    folders = ",".join(str(models[direction][0].resolve()) for direction in classifier.directions)
    what = [f"pretrained=[{folders}]", ALL_AT_ONCE, "test=false", *classifier.overrides]
    found = train(classifier.folder, [*what, *overrides])
    seconds = sum(row["train/epoch_seconds"] for row in found["history"])
    return {
        "classifier": classifier.name,
        "validation_accuracy": found["validation"]["accuracy"],
        "test_accuracy": None,
        "best_epoch": found["validation"]["epoch"] + 1,
        "minutes": round(seconds / 60, 1),
        "peak_mib": round(found["peak_memory_bytes"] / 2**20),
        "seed": found["seed"],
        "fingerprint": found["data"]["fingerprint"],
    } | {
        f"perplexity_{direction}": round(
            min(row["val/perplexity"] for row in models[direction][1]["history"]), 1
        )
        for direction in classifier.directions
    }


def main() -> None:
    """Train what has not been trained yet, score the best, and write the data."""
    overrides = sys.argv[1:]
    models = {name: language_model(overrides, name) for name in ("forward", "backward")}
    epochs = [row for name, (_, model) in models.items() for row in epochs_of(name, model)]
    pd.DataFrame(epochs).to_csv(EPOCHS, index=False)
    rows = [trained(classifier, models, overrides) for classifier in CLASSIFIERS]
    first = max(range(len(rows)), key=lambda number: rows[number]["validation_accuracy"])
    scores = rescore(CLASSIFIERS[first].folder).scores
    rows[first]["test_accuracy"] = scores["test"]["accuracy"]
    pd.DataFrame(rows).to_csv(SCORES, index=False)
    print(table_of_epochs(), table_of_scores(), sep="\n\n")


if __name__ == "__main__":
    main()
