"""Training throughput of `model=gru` with and without streaming, side by side.

    python -m benchmarks.speed.streaming data.path=FOLDER

Trains one epoch `REPEATS` times in each mode, in turns, with all threads and nothing else on the
machine. Only training steps are timed: not the tokenising before a stored run, nor the learning of
a vocabulary before a streamed one. Writes `streaming.csv`, a row for each run.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

from benchmarks.markdown import table
from benchmarks.runs import CORES, train

DATA = Path(__file__).with_name("streaming.csv")
REPEATS = 3
MODES = {"stored": "data.streaming=false", "streamed": "data.streaming=true"}


def table_of_ratios() -> str:
    """Tokens per second in both modes, and their ratio, by repeat."""
    runs = pd.read_csv(DATA)
    speed = runs.pivot_table(index="repeat", columns="mode", values="tokens_per_second")
    speed["ratio"] = speed["streamed"] / speed["stored"]
    lines = [(str(repeat), row) for repeat, (_, row) in enumerate(speed.iterrows(), 1)]
    return table(
        {
            "repeat": name,
            "stored, tokens / s": f"{row.stored:,.0f}",
            "streamed, tokens / s": f"{row.streamed:,.0f}",
            "ratio": f"{row.ratio:.3f}",
        }
        for name, row in [*lines, ("median", speed.median())]
    )


def main() -> None:
    """Train in both modes in turns and write the data."""
    rows = []
    for repeat in range(REPEATS):
        for mode, override in MODES.items():
            overrides = ["model=gru", "trainer.max_epochs=1", *sys.argv[1:], override]
            results = train(Path("runs") / "streaming" / f"{mode}-{repeat}", overrides)
            rows.append(
                {
                    "mode": mode,
                    "repeat": repeat,
                    "tokens_per_second": results["tokens_per_second"],
                    "seconds_per_epoch": results["seconds_per_epoch"],
                    "threads": CORES,
                    "precision": results["precision"],
                }
            )
    pd.DataFrame(rows).to_csv(DATA, index=False)
    print(table_of_ratios())


if __name__ == "__main__":
    main()
