"""What a language model on all texts gives a classifier.

    python -m benchmarks.accuracy.pretrained data.path=FOLDER

Pretrains a language model on the train part and the unlabelled texts, then trains each of
`CLASSIFIERS` from it, with all cores. The one that is best on the validation part is scored on the
test part. Runs stay in `runs/pretrained/`, and those that have finished are not repeated: a call
that was stopped goes on. Writes `pretrained.csv`, a row for each classifier, and
`pretrained-epochs.csv`, a row for each epoch of the language model.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.markdown import table
from benchmarks.runs import CORES, Results, train
from rnn_sentiment.training.rescoring import rescore

HERE = Path(__file__).parent
SCORES, EPOCHS = HERE / "pretrained.csv", HERE / "pretrained-epochs.csv"
RUNS = Path("runs/pretrained")
LANGUAGE_MODEL = RUNS / "forward"
SMALLER = ["model.hidden_size=384", "model.cutoffs=[1000,8000]", "trainer.max_epochs=3"]
CLASSIFIERS = {
    "words": [],
    "words and phrases": ["ngrams=naive_bayes"],
    "words and phrases, adversarial": ["ngrams=naive_bayes", "objective=adversarial"],
    "words and phrases, virtual adversarial": [
        "ngrams=naive_bayes", "objective=virtual_adversarial", "pace.epochs=6",
    ],
}  # fmt: skip
ALL_AT_ONCE = "callbacks.unfreezing.epochs=0"  # rather than layer after layer


def table_of_scores() -> str:
    """Accuracy, time and memory of each classifier."""
    runs = pd.read_csv(SCORES)
    return table(
        {
            "the classifier reads": row.classifier,
            "perplexity before": f"{row.perplexity:.0f}",
            "validation accuracy, %": f"{100 * row.validation_accuracy:.2f}",
            "test accuracy, %": f"{100 * row.test_accuracy:.2f}" if row.test_accuracy > 0 else "",
            "minutes": f"{row.minutes:.0f}",
            "peak MiB": f"{row.peak_mib:,.0f}",
        }
        for row in runs.itertuples()
    )


def best() -> tuple[Any, float, float]:
    """The best classifier, and minutes and peak MiB with those of its language model."""
    (found,) = pd.read_csv(SCORES).dropna(subset="test_accuracy").itertuples()
    epochs = pd.read_csv(EPOCHS)
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
    """Perplexity and minutes of the language model."""
    return table(
        {
            "epoch": row.epoch,
            "train perplexity": f"{row.train_perplexity:.0f}",
            "validation perplexity": f"{row.validation_perplexity:.0f}",
            "minutes": f"{row.seconds / 60:.0f}",
        }
        for row in pd.read_csv(EPOCHS).itertuples()
    )


def language_model(overrides: list[str]) -> tuple[Path, Results]:
    """The language model's folder and results; it is trained if it has not been."""
    program = ("-m", "rnn_sentiment.pretrain")
    return LANGUAGE_MODEL, train(LANGUAGE_MODEL, [*SMALLER, *overrides], program=program)


def trained(
    name: str, settings: list[str], overrides: list[str], perplexity: float
) -> dict[str, Any]:
    """A classifier's row; it is trained if it has not been."""
    what = [f"pretrained={LANGUAGE_MODEL.resolve()}", ALL_AT_ONCE, "test=false", *settings]
    found = train(folder_of(name), [*what, *overrides])
    seconds = sum(row["train/epoch_seconds"] for row in found["history"])
    return {
        "classifier": name,
        "validation_accuracy": found["validation"]["accuracy"],
        "test_accuracy": None,
        "best_epoch": found["validation"]["epoch"] + 1,
        "minutes": round(seconds / 60, 1),
        "peak_mib": round(found["peak_memory_bytes"] / 2**20),
        "seed": found["seed"],
        "fingerprint": found["data"]["fingerprint"],
        "perplexity": round(perplexity, 1),
    }


def folder_of(name: str) -> Path:
    """The run folder of a classifier."""
    return RUNS / name.replace(", ", "-").replace(" ", "-")


def main() -> None:
    """Train what has not been trained yet, score the best, and write the data."""
    overrides = sys.argv[1:]
    _, model = language_model(overrides)
    epochs = [
        {
            "epoch": row["epoch"] + 1,
            "train_perplexity": round(row["train/perplexity"], 1),
            "validation_perplexity": round(row["val/perplexity"], 1),
            "seconds": round(row["train/epoch_seconds"]),
            "threads": CORES,
            "peak_mib": round(model["peak_memory_bytes"] / 2**20),
        }
        for row in model["history"]
    ]
    pd.DataFrame(epochs).to_csv(EPOCHS, index=False)
    perplexity = min(row["val/perplexity"] for row in model["history"])
    rows = [
        trained(name, settings, overrides, perplexity) for name, settings in CLASSIFIERS.items()
    ]
    chosen = max(rows, key=lambda row: row["validation_accuracy"])
    scores = rescore(folder_of(chosen["classifier"])).scores
    chosen["test_accuracy"] = scores["test"]["accuracy"]
    pd.DataFrame(rows).to_csv(SCORES, index=False)
    print(table_of_epochs(), table_of_scores(), sep="\n\n")


if __name__ == "__main__":
    main()
