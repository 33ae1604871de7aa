"""Every system of the lectures over seeds, beside what the lectures print.

    python -m rnn_sentiment.train sweep=shootout data.path=FOLDER
    python benchmarks/lectures.py data.path=FOLDER embedding.path=GLOVE
    python benchmarks/experiments.py runs/shootout runs/lectures

Reads the runs and writes `benchmarks/experiments.csv` (a row per run) and
`benchmarks/experiments.md`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pandas as pd

from rnn_sentiment.report.loading import Run, load

HERE = Path(__file__).parent
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


def row(run: Run) -> dict[str, Any]:
    """What the table needs of a run."""
    found = json.loads((run.folder / "results.json").read_text())
    reference = found["reference"] or {}
    history = found["history"]
    return {
        "system": SYSTEMS[run.results.name],
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
        "lecture_validation_accuracy": reference.get("validation_accuracy"),
        "lecture_parameters": reference.get("parameters"),
        "lecture_seconds_per_epoch": reference.get("seconds_per_epoch"),
    }


def percent(values: Any) -> str:
    """Mean and standard deviation, or the one value, or nothing, in percent."""
    values = pd.Series(values).dropna()
    if values.empty:
        return ""
    spread = f" ± {100 * values.std():.2f}" if len(values) > 1 else ""
    return f"{100 * values.mean():.2f}{spread}"


def printed(value: Any) -> str:
    """An accuracy, or one for each epoch, as the lecture prints it, in percent."""
    values = value if isinstance(value, list) else [value]
    return ", ".join(f"{100 * v:.2f}" for v in values if not pd.isna(v))


def main() -> None:
    """Read the runs and write the files."""
    runs, _ = load(Path(folder) for folder in sys.argv[1:])
    order = [*SYSTEMS]
    runs = [run for run in runs if run.results.name in SYSTEMS]
    runs.sort(key=lambda run: (order.index(run.results.name), run.seed))
    table = pd.DataFrame([row(run) for run in runs])
    table.to_csv(HERE / "experiments.csv", index=False)
    lines = [
        "# The lectures' systems\n",
        "Mean ± standard deviation over seeds, accuracies in percent, checkpoints chosen by "
        "validation (the command stands in [experiments.py](experiments.py)). Parameters as Keras "
        "counts them, with one bias for each recurrent cell. Two runs at once with one thread "
        "each, so that seconds compare with one another alone.\n",
        "| system | seeds | lecture: test | ours: test | lecture: validation | ours: validation "
        "| ours: train, last epoch | best epoch | parameters | s / epoch | lecture: s |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for what, group in table.groupby("system", sort=False):
        first = group.iloc[0]
        seconds = first["lecture_seconds_per_epoch"]
        cells = [
            str(what),
            str(len(group)),
            printed(first["lecture_test_accuracy"]),
            percent(group["test_accuracy"]),
            printed(first["lecture_validation_accuracy"]),
            percent(group["validation_accuracy"]),
            percent(group["last_train_accuracy"]),
            f"{group['best_epoch'].mean():.1f} of {group['epochs'].max()}",
            f"{first['parameters']:,}",
            f"{group['seconds_per_epoch'].median():.1f}",
            "" if pd.isna(seconds) else f"{seconds:g}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    (HERE / "experiments.md").write_text("\n".join(lines) + "\n")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
