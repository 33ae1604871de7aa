"""Seconds and memory to read a file of vectors as large as GloVe's releases.

    python benchmarks/vectors.py

Writes a file of 400,000 vectors of 300 numbers (about one gigabyte, in a temporary folder), then
reads it for vocabularies of several sizes, each in a process of its own. Writes
`benchmarks/vectors.csv` and `benchmarks/vectors.md`.
"""

from __future__ import annotations

import os
import resource
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd

from rnn_sentiment.embeddings.vectors.reader import read_vectors

HERE = Path(__file__).parent
NUM_VECTORS, DIM = 400_000, 300
VOCABULARIES = (10_000, 30_000, 100_000)
REPEATS = 3


def write(path: Path) -> None:
    """Write vectors of five decimals, as GloVe's files have them; the numbers recur."""
    generator = np.random.default_rng(0)
    rows = [
        " ".join(f"{number:.5f}" for number in generator.normal(0, 0.4, DIM)) for _ in range(1000)
    ]
    with path.open("w") as file:
        file.writelines(f"word{i} {rows[i % len(rows)]}\n" for i in range(NUM_VECTORS))


def measure(path: Path, num_words: int) -> dict[str, float]:
    """Read the vectors of words spread over the file."""
    wanted = {f"word{i}" for i in range(0, NUM_VECTORS, NUM_VECTORS // num_words)}
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begin = time.perf_counter()
    table = read_vectors(path, DIM, wanted)
    seconds = time.perf_counter() - begin
    more = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    return {"words": len(table.words), "seconds": round(seconds, 2), "mib": round(more / 1024)}


def main() -> None:
    """Measure in turns and write the files."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "vectors.txt"
        write(path)
        gigabytes = path.stat().st_size / 1e9
        for repeat in range(REPEATS):
            for num_words in VOCABULARIES:
                with ProcessPoolExecutor(1, get_context("spawn")) as pool:
                    found = pool.submit(measure, path, num_words).result()
                rows.append({"repeat": repeat, **found})
    table = pd.DataFrame(rows)
    table.to_csv(HERE / "vectors.csv", index=False)
    lines = [
        "# Reading vectors\n",
        f"`python benchmarks/vectors.py`: a file of {NUM_VECTORS:,} vectors of {DIM} numbers "
        f"({gigabytes:.2f} GB), every line checked, {os.cpu_count()} CPU cores (one is used); "
        f"medians of {REPEATS}. Memory is what the process needed beyond its imports; the vectors "
        "themselves take 4 bytes a number.\n",
        "| words wanted | seconds | MiB | of them the vectors |",
        "|---|---|---|---|",
        *(
            f"| {words:,} | {row.seconds:.1f} | {row.mib:,.0f} | {words * DIM * 4 / 2**20:,.0f} |"
            for words, row in table.groupby("words").median().iterrows()
        ),
    ]
    (HERE / "vectors.md").write_text("\n".join(lines) + "\n")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
