"""Seconds to learn a vocabulary from the train part and to tokenise it.

    python -m benchmarks.speed.tokenising FOLDER

Reads the train part of a corpus in the Hub's layout, then times each vocabulary `REPEATS` times in
turns with all CPU cores. Writes `tokenising.csv`.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pandas as pd

from benchmarks.markdown import table
from benchmarks.runs import CORES
from rnn_sentiment.data.corpus import Corpus
from rnn_sentiment.data.tokenizer import SubwordTokenizer, WordTokenizer, encode

DATA = Path(__file__).with_name("tokenising.csv")
REPEATS = 3
VOCABULARIES: dict[str, WordTokenizer | SubwordTokenizer] = {
    "word, 30,000": WordTokenizer(),
    "bpe, 8,000": SubwordTokenizer(algorithm="bpe"),
    "unigram, 8,000": SubwordTokenizer(algorithm="unigram"),
}


def measure(name: str, batches: list[list[str]]) -> dict[str, object]:
    """Learn a vocabulary and tokenise with it."""
    begin = time.perf_counter()
    tokenizer = VOCABULARIES[name].train(iter(batches))
    learned = time.perf_counter()
    tokens = sum(len(row) for texts in batches for row in encode(tokenizer, texts))
    return {
        "reviews": sum(map(len, batches)),
        "tokens": tokens,
        "learn_seconds": round(learned - begin, 2),
        "tokenise_seconds": round(time.perf_counter() - learned, 2),
        "cores": CORES,
    }


def table_of_seconds() -> str:
    """Medians over the repeats."""
    medians = pd.read_csv(DATA).groupby("vocabulary", sort=False).median()
    return table(
        {
            "vocabulary": name,
            "learn it, s": f"{row.learn_seconds:.1f}",
            "tokenise, s": f"{row.tokenise_seconds:.1f}",
            "tokens": f"{row.tokens:,.0f}",
        }
        for name, row in medians.iterrows()
    )


def main() -> None:
    """Time all vocabularies and write the data."""
    batches = [texts for texts, _ in Corpus(Path(sys.argv[1]), ("neg", "pos")).read("train")]
    rows = [
        {"vocabulary": name, "repeat": repeat, **measure(name, batches)}
        for repeat in range(REPEATS)
        for name in VOCABULARIES
    ]
    pd.DataFrame(rows).to_csv(DATA, index=False)
    print(table_of_seconds())


if __name__ == "__main__":
    main()
