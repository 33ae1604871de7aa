"""The lectures' shootout as a report, with the probabilities behind it.

    python -m rnn_sentiment.train sweep=shootout data.path=IMDB hydra.sweep.dir=FOLDER
    python benchmarks/evidence.py FOLDER --glove glove.6B.50d.txt
    python benchmarks/shootout.py FOLDER [MORE ...]

Writes the report on all runs in the folders to `benchmarks/shootout/`, and beside it
`probabilities.parquet`: a row for each test review (a hash of its text, no text) with label, length
and, for each run, the probability of the positive label.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd

from rnn_sentiment.analysis.grouping import group
from rnn_sentiment.analysis.loading import load
from rnn_sentiment.report import write_report

OUT = Path(__file__).parent / "shootout"


def main() -> None:
    """Write the report and the probabilities."""
    folders = [Path(folder) for folder in sys.argv[1:]]
    write_report(folders, OUT)
    runs, _ = load(folders)
    rows, _ = group(runs)
    reviews = rows[0].reviews
    assert reviews is not None
    columns = {
        f"{row.label}, seed {run.seed}": run.predictions["probability"].to_numpy(np.float16)
        for row in rows
        for run in row.runs
        if run.predictions is not None
    }
    table = pd.concat([reviews.reset_index(), pd.DataFrame(columns)], axis=1).astype(
        {"label": np.int8, "length": np.int16}
    )
    table.to_parquet(OUT / "probabilities.parquet", compression="zstd", index=False)


if __name__ == "__main__":
    main()
