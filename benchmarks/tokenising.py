"""Seconds to learn a vocabulary from the train part and to tokenise it.

    python benchmarks/tokenising.py FOLDER

Reads the train part of a corpus in the Hub's layout, then times each vocabulary `REPEATS` times in
turns with all CPU cores. Writes `benchmarks/tokenising.csv` and `benchmarks/tokenising.md`.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pandas as pd

from rnn_sentiment.data.corpus import Corpus
from rnn_sentiment.data.tokenizer import SubwordTokenizer, WordTokenizer, encode

HERE = Path(__file__).parent
REPEATS = 3
VOCABULARIES = {
    "word, 30,000": WordTokenizer(),
    "bpe, 8,000": SubwordTokenizer(algorithm="bpe"),
    "unigram, 8,000": SubwordTokenizer(algorithm="unigram"),
}


def main() -> None:
    """Time all vocabularies and write the files."""
    batches = [texts for texts, _ in Corpus(Path(sys.argv[1]), ("neg", "pos")).read("train")]
    rows = []
    for repeat in range(REPEATS):
        for name, settings in VOCABULARIES.items():
            begin = time.perf_counter()
            tokenizer = settings.train(iter(batches))
            learned = time.perf_counter()
            tokens = sum(len(row) for texts in batches for row in encode(tokenizer, texts))
            rows.append(
                {
                    "vocabulary": name,
                    "repeat": repeat,
                    "reviews": sum(map(len, batches)),
                    "tokens": tokens,
                    "learn_seconds": round(learned - begin, 2),
                    "tokenise_seconds": round(time.perf_counter() - learned, 2),
                    "cores": os.cpu_count(),
                }
            )
    table = pd.DataFrame(rows)
    table.to_csv(HERE / "tokenising.csv", index=False)
    medians = table.groupby("vocabulary", sort=False).median(numeric_only=True)
    lines = [
        "# Tokenising the train part\n",
        f"`python benchmarks/tokenising.py FOLDER`: {table['reviews'][0]:,} reviews, "
        f"{os.cpu_count()} CPU cores, medians of {REPEATS}.\n",
        "| vocabulary | learn it, s | tokenise, s | tokens |",
        "|---|---|---|---|",
        *(
            f"| {name} | {row.learn_seconds:.1f} | {row.tokenise_seconds:.1f} "
            f"| {int(row.tokens):,} |"
            for name, row in medians.iterrows()
        ),
    ]
    (HERE / "tokenising.md").write_text("\n".join(lines) + "\n")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
