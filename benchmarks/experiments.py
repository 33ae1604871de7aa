"""Every system of the lectures over seeds, beside what the lectures print.

    python benchmarks/experiments.py data.path=FOLDER [--jobs 2] [--only NAME ...]

Trains each `experiment=NAME` with three seeds, those of 50 epochs once, and the lectures' own
protocol (validation on the test part, padding that is read) for some of them. Runs are kept in
`runs/experiments/`, and a finished one is not repeated. Writes `benchmarks/experiments.csv` (a row
per run) and `benchmarks/experiments.md`.
"""

from __future__ import annotations

import argparse
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pandas as pd
from table import command_line, run

HERE = Path(__file__).parent
SEEDS = (1, 2, 3)
NAMES = (
    *("capstone_rnn", "capstone_lstm", "capstone_gru", "small_lstm"),
    *("subword_bilstm", "subword_bilstm2", "length120_flatten", "length120_pooled"),
    *("length120_bilstm", "length120_bigru", "length120_conv1d", "small_vocabulary_bilstm"),
    *("improved_stack", "conv_recurrent", "numbers_rnn"),
)
LONG = ("subword_bilstm", "subword_bilstm2", "length120_bilstm", "length120_conv1d")
PROTOCOLS = {  # how the lectures differ from this package, one step at a time
    "validated on test": "data.validate_on=test",
    "padding read, in front": "data.masked=false data.padding=pre",
    "padding read, behind": "data.masked=false data.padding=post",
}
WITH_PROTOCOLS = ("capstone_lstm", "small_lstm")


def jobs() -> list[tuple[str, str, int]]:
    """All runs: what is trained, its overrides, and the seed."""
    found = [(name, f"experiment={name}", seed) for name in NAMES for seed in SEEDS]
    found += [
        (f"{name}, {what}", f"experiment={name} {overrides}", seed)
        for name in WITH_PROTOCOLS
        for what, overrides in PROTOCOLS.items()
        for seed in SEEDS
    ]
    found += [
        (f"{name}, 50 epochs", f"experiment={name} trainer.max_epochs=50", SEEDS[0])
        for name in LONG
    ]
    return found


def row(what: str, overrides: str, seed: int, more: list[str]) -> dict[str, Any]:
    """Train one run, or read it, and take what the table needs."""
    folder = Path("runs") / "experiments" / f"{what.replace(', ', '-').replace(' ', '_')}-{seed}"
    found = run(folder, 1, [*overrides.split(), f"seed={seed}", *more])
    reference = found["reference"] or {}
    history = found["history"]
    return {
        "experiment": what,
        "seed": seed,
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
    values = value if isinstance(value, list) else [] if value is None else [value]
    return ", ".join(f"{100 * v:.2f}" for v in values)


def main() -> None:
    """Run everything and write the files."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("overrides", nargs="*")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--only", nargs="*", help="experiments; all unless given")
    arguments = parser.parse_args()
    wanted = [j for j in jobs() if not arguments.only or j[0].split(",")[0] in arguments.only]
    with ThreadPoolExecutor(arguments.jobs) as pool:
        rows = pool.map(lambda job: row(*job, more=arguments.overrides), wanted)
        table = pd.DataFrame(list(rows))
    table.to_csv(HERE / "experiments.csv", index=False)
    lines = [
        "# The lectures' systems\n",
        f"`{command_line()}`: mean ± standard deviation over seeds, accuracies in percent, "
        "checkpoints chosen by validation. Parameters as Keras counts them, with one bias for each "
        f"recurrent cell. {arguments.jobs} runs at once with one thread each, so that seconds "
        "compare with one another alone.\n",
        "| system | lecture: test | ours: test | lecture: validation | ours: validation "
        "| ours: train, last epoch | best of epochs | parameters | s / epoch | lecture: s |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for what, group in table.groupby("experiment", sort=False):
        first = group.iloc[0]
        seconds = first["lecture_seconds_per_epoch"]
        cells = [
            str(what),
            printed(first["lecture_test_accuracy"]),
            percent(group["test_accuracy"]),
            printed(first["lecture_validation_accuracy"]),
            percent(group["validation_accuracy"]),
            percent(group["last_train_accuracy"]),
            f"{', '.join(map(str, group['best_epoch']))} of {group['epochs'].max()}",
            f"{first['parameters']:,}",
            f"{group['seconds_per_epoch'].median():.1f}",
            "" if pd.isna(seconds) else f"{seconds:g}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    (HERE / "experiments.md").write_text("\n".join(lines) + "\n")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
