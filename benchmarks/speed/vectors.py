"""Seconds and memory to read a file of vectors as large as GloVe's releases.

    python -m benchmarks.speed.vectors

Writes a file of 400,000 vectors of 300 numbers (about one gigabyte, in a temporary folder), then
reads it for vocabularies of several sizes, each in a process of its own. Writes `vectors.csv`.
"""

from __future__ import annotations

import resource
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.markdown import table
from rnn_sentiment.embeddings.vectors.reader import read_vectors

DATA = Path(__file__).with_name("vectors.csv")
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
    found = read_vectors(path, DIM, wanted)
    seconds = time.perf_counter() - begin
    more = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    return {"words": len(found.words), "seconds": round(seconds, 2), "mib": round(more / 1024)}


def table_of_costs() -> str:
    """Medians over the repeats."""
    medians = pd.read_csv(DATA).groupby("words").median().reset_index()
    return table(
        {
            "words wanted": f"{row['words']:,.0f}",
            "seconds": f"{row['seconds']:.1f}",
            "MiB": f"{row['mib']:,.0f}",
            "of them the vectors": f"{row['words'] * DIM * 4 / 2**20:,.0f}",
        }
        for row in medians.to_dict("records")
    )


def main() -> None:
    """Measure in turns and write the data."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "vectors.txt"
        write(path)
        for repeat in range(REPEATS):
            for num_words in VOCABULARIES:
                with ProcessPoolExecutor(1, get_context("spawn")) as pool:
                    found = pool.submit(measure, path, num_words).result()
                rows.append({"repeat": repeat, **found})
    pd.DataFrame(rows).to_csv(DATA, index=False)
    print(table_of_costs())


if __name__ == "__main__":
    main()
