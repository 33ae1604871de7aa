"""Every model over seeds on one corpus: scores, seconds per epoch and memory, as data and a table.

    python benchmarks/table.py imdb data.path=FOLDER
    python benchmarks/table.py demo data=demo

Runs go one after another, each in a process of its own, to `runs/table-NAME/`; a finished run is
not repeated. Writes `benchmarks/NAME.csv` (a row per run) and `benchmarks/NAME.md` (means over
seeds with standard deviations).
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd

HERE = Path(__file__).parent
MODELS = ("bag", "conv1d", "rnn", "lstm", "gru")
SEEDS = (1, 2, 3)


def run(name: str, model: str, seed: int, overrides: list[str]) -> dict[str, object]:
    """Train one model with one seed, or read its results, and answer with its row."""
    folder = Path("runs") / f"table-{name}" / f"{model}-{seed}"
    results = folder / "results.json"
    if not results.exists():
        command = [sys.executable, "-m", "rnn_sentiment.train", f"model={model}", f"seed={seed}"]
        subprocess.run([*command, f"hydra.run.dir={folder}", *overrides], check=True)
    found = json.loads(results.read_text())
    return {
        "model": model,
        "seed": seed,
        "test_accuracy": found["test"]["accuracy"],
        "test_deduplicated_accuracy": found["test_deduplicated"]["accuracy"],
        "validation_accuracy": found["validation"]["accuracy"],
        "test_auroc": found["test"]["auroc"],
        "test_calibration_error": found["test"]["calibration_error"],
        "epochs": len(found["history"]),
        "parameters": found["parameters"],
        "seconds_per_epoch": found["seconds_per_epoch"],
        "peak_memory_mib": found["peak_memory_bytes"] / 2**20,
        "precision": found["precision"],
        "fingerprint": found["data"]["fingerprint"],
    }


def table(rows: pd.DataFrame) -> str:
    """Means over seeds, as Markdown."""
    lines = [
        "| model | test accuracy, % | without duplicates, % | validation, % | parameters "
        "| s / epoch | peak MiB |",
        "|---|---|---|---|---|---|---|",
    ]
    for model in MODELS:
        group = rows[rows["model"] == model]
        accuracies = " | ".join(
            f"{100 * group[c].mean():.2f} ± {100 * group[c].std():.2f}"
            for c in ("test_accuracy", "test_deduplicated_accuracy", "validation_accuracy")
        )
        lines.append(
            f"| {model} | {accuracies} | {group['parameters'].iloc[0]:,} "
            f"| {group['seconds_per_epoch'].median():.1f} | {group['peak_memory_mib'].max():,.0f} |"
        )
    return "\n".join(lines)


def main(name: str, overrides: list[str]) -> None:
    """Run all models and write the files."""
    rows = pd.DataFrame([run(name, m, s, overrides) for m in MODELS for s in SEEDS])
    rows.to_csv(HERE / f"{name}.csv", index=False)
    text = (
        f"# Every model on the {name} corpus\n\n`{Path(__file__).parent.name}/table.py {name}`: "
        f"{len(SEEDS)} seeds, the defaults of each model, checkpoints chosen by validation; mean ± "
        "standard deviation over seeds, median seconds of an epoch's training, largest memory.\n\n"
        f"{table(rows)}\n"
    )
    (HERE / f"{name}.md").write_text(text)
    print(text)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
