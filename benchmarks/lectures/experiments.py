"""Every system of the lectures over seeds, beside what the lectures print.

    python -m benchmarks.lectures.experiments runs/shootout runs/lectures

Reads the runs and writes `experiments.csv`, a row for each run.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.markdown import mean_and_sd, table
from rnn_sentiment.lectures.references import load_references
from rnn_sentiment.report.loading import Run, load

REFERENCES = load_references()
DATA = Path(__file__).with_name("experiments.csv")
COMPARED = Path(__file__).parent / "tables" / "scores.csv"  # the report's
NAMES = (
    *("capstone_rnn", "capstone_lstm", "capstone_gru", "small_lstm"),
    *("subword_bilstm", "subword_bilstm2", "length120_flatten", "length120_pooled"),
    *("length120_bilstm", "length120_bigru", "length120_conv1d", "small_vocabulary_bilstm"),
    *("improved_stack", "conv_recurrent", "numbers_rnn"),
)
VARIANTS = {  # how the lectures differ from this package, one step at a time, and long runs
    "validate_on=test": "validated on test",
    "padding=pre": "padding read, in front",
    "padding=post": "padding read, behind",
    "max_epochs=50": "50 epochs",
    "bucketed=false": "random batches",
}
VARIANTS |= {"max_epochs=3": "3 epochs"} | {
    f"max_epochs=3-{variant}": f"3 epochs, {what}" for variant, what in VARIANTS.items()
}
SYSTEMS = {name: name for name in NAMES} | {
    f"{name}-{variant}": f"{name}, {what}" for variant, what in VARIANTS.items() for name in NAMES
}
LSTM, GRU, SMALL = "capstone_lstm-max_epochs=3", "capstone_gru-max_epochs=3", "small_lstm"
PROTOCOL = {
    LSTM: "`capstone_lstm`, as in this package: masked, in batches of similar length",
    f"{LSTM}-bucketed=false": "in random batches (`data.bucketed=false`)",
    f"{LSTM}-padding=pre": "with padding that is read in front of each review, to 500 tokens",
    f"{LSTM}-padding=post": "with padding that is read behind each review",
    f"{LSTM}-validate_on=test": "the epoch chosen on the test part (`data.validate_on=test`)",
    SMALL: "`small_lstm`, as in this package: the epoch chosen by a validation part",
    f"{SMALL}-padding=pre": "with padding that is read, in front",
    f"{SMALL}-padding=post": "with padding that is read, behind",
    f"{SMALL}-validate_on=test": "the epoch chosen on the test part",
}
CHANGES = {
    "capstone_lstm": "`capstone_lstm`, five seeds",
    "capstone_lstm-max_length=100": "100 tokens instead of 500",
    "capstone_lstm-shuffled": "words shuffled",
    LSTM: "`capstone_lstm`, ten seeds",
    f"{LSTM}-vocabulary_size=1000": "1,000 words instead of 30,000",
    f"{LSTM}-num_layers=2": "two layers",
    f"{LSTM}-dropout=0.5": "dropout 0.5",
    f"{LSTM}-recurrent_dropout=0.5": "recurrent dropout 0.5",
    f"{LSTM}-embedding=word2vec": "vectors from word2vec",
    f"{LSTM}-embedding=word2vec-frozen_epochs=all": "vectors from word2vec, frozen",
    GRU: "`capstone_gru`, ten seeds",
    f"{GRU}-batch_size=16": "batches of 16 instead of 64",
    f"{GRU}-batch_size=256": "batches of 256",
    f"{GRU}-batch_size=512": "batches of 512",
    f"{GRU}-batch_size=16-scaled": "batches of 16, learning rate a quarter",
    f"{GRU}-batch_size=256-scaled": "batches of 256, learning rate four times",
    f"{GRU}-batch_size=512-scaled": "batches of 512, learning rate eight times",
}


def row(run: Run) -> dict[str, Any]:
    """What the tables need of a run."""
    found = json.loads((run.folder / "results.json").read_text())
    experiment = run.results.name.partition("-")[0]  # which variants carry in their names
    reference = REFERENCES.get(experiment, {})
    history = found["history"]
    printed = reference.get("validation_accuracy")
    return {
        "run": run.results.name,
        "seed": run.seed,
        "test_accuracy": found["test"]["accuracy"],
        "validation_accuracy": found["validation"]["accuracy"],
        "last_train_accuracy": history[-1]["train/accuracy"],
        "last_validation_accuracy": history[-1]["val/accuracy"],
        "best_epoch": found["validation"]["epoch"] + 1,
        "epoch_of_lowest_loss": min(history, key=lambda r: r["val/loss"])["epoch"] + 1,
        "epochs": len(history),
        "parameters": found["parameters_as_in_keras"],
        "seconds_per_epoch": found["seconds_per_epoch"],
        "lecture_test_accuracy": reference.get("test_accuracy"),
        # One figure, or one for each epoch.
        "lecture_validation_accuracy": " ".join(map(str, printed))
        if isinstance(printed, list)
        else printed,
        "lecture_parameters": reference.get("parameters"),
        "lecture_seconds_per_epoch": reference.get("seconds_per_epoch"),
    }


def read() -> dict[str, pd.DataFrame]:
    """The committed rows, by the name of the run."""
    rows = pd.read_csv(DATA, dtype={"lecture_validation_accuracy": str})
    return {str(name): group for name, group in rows.groupby("run")}


def percent(value: Any) -> str:
    """Accuracies that a lecture prints, in percent."""
    return "" if pd.isna(value) else ", ".join(f"{100 * float(v):.2f}" for v in str(value).split())


def full_table() -> str:
    """All systems of the lectures, and their variants."""
    groups = read()
    rows = []
    for name, what in SYSTEMS.items():
        if name not in groups:
            continue
        group = groups[name]
        first = group.iloc[0]
        seconds = first["lecture_seconds_per_epoch"]
        rows.append(
            {
                "system": what,
                "seeds": len(group),
                "lecture: test": percent(first["lecture_test_accuracy"]),
                "ours: test": mean_and_sd(100 * group["test_accuracy"]),
                "lecture: validation": percent(first["lecture_validation_accuracy"]),
                "ours: validation": mean_and_sd(100 * group["validation_accuracy"]),
                "ours: train, last epoch": mean_and_sd(100 * group["last_train_accuracy"]),
                "best epoch": f"{group['best_epoch'].mean():.1f} of {group['epochs'].max()}",
                "parameters": f"{first['parameters']:,}",
                "s / epoch": f"{group['seconds_per_epoch'].median():.1f}",
                "lecture: s": "" if pd.isna(seconds) else f"{seconds:g}",
            }
        )
    return table(rows)


def shootout_table() -> str:
    """The architectures that the report compares, the most accurate first."""
    lectures = read()
    return table(
        {
            "architecture": f"`{line['row']}`",
            "test accuracy, %": f"{line['accuracy, %']:.2f}",
            "sd": f"{line['sd']:.2f}",
            "95 % interval": f"{line['from']:.2f} – {line['to']:.2f}",
            "lecture": percent(lectures[line["row"]].iloc[0]["lecture_test_accuracy"]),
            "parameters": f"{line['parameters']:,.0f}",
            "s / epoch": f"{line['s / epoch']:.1f}",
        }
        for line in pd.read_csv(COMPARED).to_dict("records")
    )


def capstone_table() -> str:
    """The capstone's networks after ten epochs and after three."""
    groups = read()
    return table(
        {
            "test accuracy, %": f"`{name}`",
            "lecture": percent(groups[name].iloc[0]["lecture_test_accuracy"]),
            "ten epochs, 5 seeds": accuracy(groups[name]),
            "three epochs, 10 seeds": accuracy(groups[f"{name}-max_epochs=3"]),
        }
        for name in NAMES[:3]
    )


def protocol_table() -> str:
    """What the lectures do otherwise, and what it costs."""
    return table(
        {
            "": what,
            "seeds": len(group),
            "test accuracy, %": accuracy(group),
            "seconds an epoch": f"{group['seconds_per_epoch'].median():.0f}",
        }
        for what, group in named(PROTOCOL)
    )


def changes_table() -> str:
    """One change at a time."""
    return table(
        {"": what, "epochs": group["epochs"].max(), "test accuracy, %": accuracy(group)}
        for what, group in named(CHANGES)
    )


def named(names: Mapping[str, str]) -> list[tuple[str, pd.DataFrame]]:
    """Rows of runs with what a table calls them."""
    groups = read()
    return [(what, groups[name]) for name, what in names.items()]


def accuracy(group: pd.DataFrame) -> str:
    """Test accuracy in percent, to one digit."""
    return mean_and_sd(100 * group["test_accuracy"], 1)


def main() -> None:
    """Read the runs and write the data."""
    runs = load(Path(folder) for folder in sys.argv[1:])[0]
    order = [*SYSTEMS]
    place = {name: number for number, name in enumerate(order)}
    runs.sort(key=lambda run: (place.get(run.results.name, len(order)), run.results.name, run.seed))
    pd.DataFrame([row(run) for run in runs]).to_csv(DATA, index=False)
    print(full_table())


if __name__ == "__main__":
    main()
