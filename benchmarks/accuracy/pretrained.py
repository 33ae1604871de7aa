"""What language models on all texts give a classifier.

    python -m benchmarks.accuracy.pretrained data.path=FOLDER

Trains `LANGUAGE_MODELS` on the train part and the unlabelled texts, then each of `CLASSIFIERS`
from one of them, with all cores, and averages the probabilities of the last two, which read in
both directions. Runs stay in `runs/pretrained/`, and those that have finished are not repeated: a
call that was stopped goes on. Writes `pretrained.csv`, a row for each classifier, and
`pretrained-epochs.csv`, a row for each epoch of a language model.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import pandas as pd
import torch

from benchmarks.markdown import table
from benchmarks.runs import CORES, Results, train
from rnn_sentiment.training.rescoring import reopen, rescore
from rnn_sentiment.training.scoring import predict_rows

HERE = Path(__file__).parent
SCORES, EPOCHS = HERE / "pretrained.csv", HERE / "pretrained-epochs.csv"
RUNS = Path("runs/pretrained")
SMALLER = ["model.hidden_size=384", "model.cutoffs=[1000,8000]", "trainer.max_epochs=3"]
PUNCTUATION = "forward, punctuation"
LANGUAGE_MODELS = {
    "forward": (),
    PUNCTUATION: ("tokenizer.punctuation=true",),
    "backward": ("direction=backward",),
}
ALL_AT_ONCE = "callbacks.unfreezing.epochs=0"  # rather than layer after layer
PHRASES = "ngrams=naive_bayes"
ADVERSARIAL = (PHRASES, "objective=adversarial")
VIRTUAL = (PHRASES, "objective=virtual_adversarial", "pace.epochs=6")
LONGER = "data.max_length=600"  # as much of a review as 500 tokens without punctuation


@dataclass(frozen=True)
class Classifier:
    """What a classifier is trained with, and which language model it starts from."""

    name: str
    overrides: tuple[str, ...] = ()
    language_model: str = "forward"

    @property
    def folder(self) -> Path:
        """Its run folder."""
        return folder_of(f"{self.language_model}, {self.name}")


PRESET = Classifier("words and phrases, adversarial", ADVERSARIAL)
CLASSIFIERS = (
    Classifier("words"),
    Classifier("words and phrases", (PHRASES,)),
    Classifier("words and phrases, virtual adversarial", VIRTUAL),
    replace(PRESET, overrides=(*ADVERSARIAL, LONGER), language_model=PUNCTUATION),
    PRESET,
    replace(PRESET, language_model="backward"),
)


def folder_of(name: str) -> Path:
    """The run folder of a language model or classifier."""
    return RUNS / name.replace(", ", "-").replace(" ", "-")


def table_of_scores() -> str:
    """Accuracy, time and memory of each classifier."""
    return table(
        {
            "the classifier reads": row.classifier,
            "language model": row.language_model,
            "perplexity": f"{row.perplexity:.0f}" if row.perplexity > 0 else "",
            "validation accuracy, %": f"{100 * row.validation_accuracy:.2f}",
            "test accuracy, %": f"{100 * row.test_accuracy:.2f}" if row.test_accuracy > 0 else "",
            "minutes": f"{row.minutes:.0f}",
            "peak MiB": f"{row.peak_mib:,.0f}",
        }
        for row in pd.read_csv(SCORES).itertuples()
    )


def preset_scores() -> tuple[float, float, float]:
    """Test accuracy of the preset, and minutes and peak MiB with those of its language model."""
    runs, epochs = pd.read_csv(SCORES), pd.read_csv(EPOCHS)
    model = PRESET.language_model
    found = runs[(runs["classifier"] == PRESET.name) & (runs["language_model"] == model)].iloc[0]
    before = epochs[epochs["language_model"] == model]
    minutes = found["minutes"] + before["seconds"].sum() / 60
    peak_mib = max(found["peak_mib"], before["peak_mib"].max())
    return float(found["test_accuracy"]), float(minutes), float(peak_mib)


def preset() -> dict[str, str]:
    """The preset's row in the README."""
    accuracy, minutes, peak_mib = preset_scores()
    return {
        "": "`experiment=best_semi_supervised`",
        "test accuracy, %": f"{100 * accuracy:.2f} (one seed)",
        "minutes": f"{minutes:.0f}",
        "peak MiB": f"{peak_mib:,.0f}",
    }


def table_of_epochs() -> str:
    """Perplexity and minutes of the language models."""
    return table(
        {
            "language model": row.language_model,
            "epoch": row.epoch,
            "train perplexity": f"{row.train_perplexity:.0f}",
            "validation perplexity": f"{row.validation_perplexity:.0f}",
            "minutes": f"{row.seconds / 60:.0f}",
        }
        for row in pd.read_csv(EPOCHS).itertuples()
    )


def language_model(overrides: list[str], name: str = "forward") -> tuple[Path, Results]:
    """A language model's folder and results; it is trained if it has not been."""
    program = ("-m", "rnn_sentiment.pretrain")
    what = [*SMALLER, *LANGUAGE_MODELS[name], *overrides]
    return folder_of(name), train(folder_of(name), what, program=program)


def epochs_of(name: str, model: Results) -> list[dict[str, Any]]:
    """A row for each epoch of a language model."""
    return [
        {
            "language_model": name,
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
    classifier: Classifier, folder: Path, model: Results, overrides: list[str]
) -> dict[str, Any]:
    """A classifier's row; it is trained from the language model, and scored, if it has not been.

    Args:
        classifier: which one.
        folder: of the language model.
        model: its results.
        overrides: of the command.
    """
    what = [f"pretrained={folder.resolve()}", ALL_AT_ONCE, "test=false", *classifier.overrides]
    found = train(classifier.folder, [*what, *overrides])
    seconds = sum(row["train/epoch_seconds"] for row in found["history"])
    scores = rescore(classifier.folder).scores
    return {
        "classifier": classifier.name,
        "language_model": classifier.language_model,
        "validation_accuracy": found["validation"]["accuracy"],
        "test_accuracy": scores["test"]["accuracy"],
        "best_epoch": found["validation"]["epoch"] + 1,
        "minutes": round(seconds / 60, 1),
        "peak_mib": round(found["peak_memory_bytes"] / 2**20),
        "seed": found["seed"],
        "fingerprint": found["data"]["fingerprint"],
        "perplexity": round(min(row["val/perplexity"] for row in model["history"]), 1),
    }


def average_accuracy(folders: Sequence[Path], part: Literal["val", "test"]) -> float:
    """Accuracy of the mean probabilities of some runs on a part of the corpus."""
    opened = [reopen(folder) for folder in folders]
    shares = [
        predict_rows(run.cfg, run.classifier, run.data, part).double().sigmoid() for run in opened
    ]
    data = opened[0].data
    labels = torch.as_tensor((data.validation_set if part == "val" else data.test_set).labels)
    return float(((torch.stack(shares).mean(0) >= 0.5) == labels).double().mean())


def average(rows: Sequence[dict[str, Any]], folders: Sequence[Path]) -> dict[str, Any]:
    """The row of the mean probabilities of some classifiers."""
    return rows[0] | {
        "language_model": "forward and backward",
        "validation_accuracy": average_accuracy(folders, "val"),
        "test_accuracy": average_accuracy(folders, "test"),
        "best_epoch": None,
        "minutes": sum(row["minutes"] for row in rows),
        "peak_mib": max(row["peak_mib"] for row in rows),
        "perplexity": None,
    }


def main() -> None:
    """Train and score what has not been yet, and write the data."""
    overrides = sys.argv[1:]
    models = {name: language_model(overrides, name) for name in LANGUAGE_MODELS}
    epochs = [row for name, (_, model) in models.items() for row in epochs_of(name, model)]
    pd.DataFrame(epochs).to_csv(EPOCHS, index=False)
    rows = [trained(one, *models[one.language_model], overrides) for one in CLASSIFIERS]
    rows.append(average(rows[-2:], [one.folder for one in CLASSIFIERS[-2:]]))
    pd.DataFrame(rows).to_csv(SCORES, index=False)
    print(table_of_epochs(), table_of_scores(), sep="\n\n")


if __name__ == "__main__":
    main()
