"""Peak memory saved by making batches of few widths.

    python -m benchmarks.speed.widths data.path=FOLDER

Trains the lectures' three recurrent networks for an epoch each on batches as wide as their longest
review, and on batches whose width is rounded up to a multiple of 8. Writes `widths.csv`, a row for
each run. What the rounding costs in time is not measured: that needs a machine with nothing else
to do.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import pandas as pd

from benchmarks.markdown import table
from benchmarks.runs import train

DATA = Path(__file__).with_name("widths.csv")
CELLS = ("rnn", "lstm", "gru")
MULTIPLES = (1, 8)
TRAIN = """
from rnn_sentiment.data import batches
from rnn_sentiment.train import main

assert hasattr(batches, "WIDTH")  # or the next line would change nothing
batches.WIDTH = {multiple}
main()
"""


def measure(cell: str, multiple: int, overrides: list[str], run: Path) -> dict[str, object]:
    """Train one epoch."""
    what = [f"experiment=capstone_{cell}", "trainer.max_epochs=1", "test=false", "logger=none"]
    program = ("-c", TRAIN.format(multiple=multiple))
    results = train(run, [*what, *overrides], threads=1, program=program)
    return {
        "cell": cell,
        "multiple": multiple,
        "peak_mib": round(results["peak_memory_bytes"] / 2**20),
        "precision": results["precision"],
        "threads": 1,
    }


def table_of_peaks() -> str:
    """Peak memory of each run."""
    return table(
        {
            "cell": row.cell,
            "width is a multiple of": row.multiple,
            "peak MiB": f"{row.peak_mib:,}",
        }
        for row in pd.read_csv(DATA).itertuples()
    )


def main() -> None:
    """Measure all pairs and write the data."""
    with tempfile.TemporaryDirectory() as work:
        rows = [
            measure(cell, multiple, sys.argv[1:], Path(work) / f"{cell}-{multiple}")
            for cell in CELLS
            for multiple in MULTIPLES
        ]
    pd.DataFrame(rows).to_csv(DATA, index=False)
    print(table_of_peaks())


if __name__ == "__main__":
    main()
