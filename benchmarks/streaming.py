"""Training throughput of `model=gru` with and without streaming, side by side.

    python benchmarks/streaming.py data.path=FOLDER

Runs one epoch `REPEATS` times in each mode, in turns, alone on the machine and with all its
threads. Only training steps are timed: not the stored mode's tokenising nor the streamed mode's
learning of a vocabulary, which go before. Writes `benchmarks/streaming.csv` (a row per run) and
`benchmarks/streaming.md`.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pandas as pd
from table import command_line, run

HERE = Path(__file__).parent
REPEATS = 3
MODES = {"stored": "data.streaming=false", "streamed": "data.streaming=true"}


def main() -> None:
    """Run both modes in turns and write the files."""
    overrides = ["model=gru", "trainer.max_epochs=1", *sys.argv[1:]]
    rows = []
    for repeat in range(REPEATS):
        for mode, override in MODES.items():
            found = run(
                Path("runs") / "streaming" / f"{mode}-{repeat}",
                os.cpu_count() or 1,
                [*overrides, override],
            )
            rows.append(
                {
                    "mode": mode,
                    "repeat": repeat,
                    "tokens_per_second": found["tokens_per_second"],
                    "seconds_per_epoch": found["seconds_per_epoch"],
                    "threads": os.cpu_count(),
                    "precision": found["precision"],
                }
            )
    table = pd.DataFrame(rows)
    table.to_csv(HERE / "streaming.csv", index=False)
    speed = table.pivot_table(index="repeat", columns="mode", values="tokens_per_second")
    ratios = speed["streamed"] / speed["stored"]
    lines = [
        "# Streaming against the token store\n",
        f"`{command_line()}`: tokens per second in training, {os.cpu_count()} CPU cores.\n",
        "| repeat | stored | streamed | ratio |",
        "|---|---|---|---|",
        *(
            f"| {repeat + 1} | {row.stored:,.0f} | {row.streamed:,.0f} | {ratios[repeat]:.3f} |"
            for repeat, row in speed.iterrows()
        ),
        f"\nMedian ratio: {ratios.median():.3f}",
    ]
    (HERE / "streaming.md").write_text("\n".join(lines) + "\n")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
