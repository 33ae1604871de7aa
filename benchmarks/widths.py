"""What it saves that batches have few widths: peak memory.

    python benchmarks/widths.py data.path=FOLDER

Trains the lectures' three recurrent networks for an epoch each on batches as wide as
their longest review and on batches whose width is rounded up to a multiple of 8. Writes
`benchmarks/widths.csv` (a row per run) and `benchmarks/widths.md`. What the rounding costs in time
is not measured: that needs a machine with nothing else to do.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pandas as pd

HERE = Path(__file__).parent
CELLS = ("rnn", "lstm", "gru")
MULTIPLES = (1, 8)
TRAIN = """
from rnn_sentiment.data import batches
from rnn_sentiment.train import main

batches.WIDTH = {multiple}
main()
"""


def measure(cell: str, multiple: int, overrides: list[str], run: Path) -> dict[str, object]:
    """Train one epoch."""
    command = [
        *(sys.executable, "-c", TRAIN.format(multiple=multiple)),
        *(f"experiment=capstone_{cell}", "trainer.max_epochs=1", "test=false", "logger=none"),
        *(*overrides, f"hydra.run.dir={run}"),
    ]
    subprocess.run(command, check=True)
    results = json.loads((run / "results.json").read_text())
    return {
        "cell": cell,
        "multiple": multiple,
        "peak_mib": round(results["peak_memory_bytes"] / 2**20),
        "precision": results["precision"],
        "threads": int(os.environ.get("OMP_NUM_THREADS", os.cpu_count() or 1)),
    }


def main() -> None:
    """Measure all pairs and write the files."""
    rows = []
    with tempfile.TemporaryDirectory() as work:
        for cell in CELLS:
            for multiple in MULTIPLES:
                run = Path(work) / f"{cell}-{multiple}"
                rows.append(measure(cell, multiple, sys.argv[1:], run))
    table = pd.DataFrame(rows)
    table.to_csv(HERE / "widths.csv", index=False)
    lines = [
        "# Batches of few widths\n",
        f"`python benchmarks/widths.py`: an epoch of `experiment=capstone_...` on IMDB, "
        f"{table['threads'][0]} thread, {table['precision'][0]}.\n",
        "| cell | width is a multiple of | peak MiB |",
        "|---|---|---|",
        *(f"| {row.cell} | {row.multiple} | {row.peak_mib:,} |" for row in table.itertuples()),
    ]
    (HERE / "widths.md").write_text("\n".join(lines) + "\n")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
