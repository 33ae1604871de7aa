"""Whether short texts want less dropout of words and embeddings than whole reviews.

    python -m benchmarks.small.dropout FOLDER

Trains a GRU on the last sentences of IMDB's reviews, which have about 16 words: on 500, 5,000 and
20,000 of them, with phrases and without, and with several rates of dropout, three seeds each.
FOLDER holds IMDB's parquet files. Runs stay in `runs/small/dropout/`, and those that have finished
are not repeated. Writes `dropout.csv`, a row for each run.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pandas as pd

from benchmarks.markdown import table
from benchmarks.runs import train
from benchmarks.small.pace import QUIET

DATA = Path(__file__).with_name("dropout.csv")
RUNS = Path("runs") / "small" / "dropout"
ROWS = (500, 5_000, 20_000)
TEST_ROWS = 5_000
NGRAMS = {"none": "words", "naive_bayes": "words and phrases"}
RATES = ((0.6, 0.4), (0.5, 0.0), (0.3, 0.1), (0.2, 0.0))  # of embeddings, and of words
SEEDS = (1, 2, 3)


def table_of_scores() -> str:
    """Mean and standard deviation of test accuracy for each corpus and rate."""
    runs = pd.read_csv(DATA)
    lines = []
    for (rows, ngrams), of_corpus in runs.groupby(["rows", "ngrams"], sort=False):
        line = {"sentences": f"{rows:,}", "reads": NGRAMS[str(ngrams)]}
        for of_embeddings, of_words in RATES:
            alike = (of_corpus["embedding_dropout"] == of_embeddings) & (
                of_corpus["word_dropout"] == of_words
            )
            found = 100 * of_corpus.loc[alike, "accuracy"]
            line[f"{of_embeddings:g}, {of_words:g}"] = f"{found.mean():.1f} ± {found.std():.1f}"
        lines.append(line)
    return table(lines)


def last_sentence(text: str) -> str:
    """The last sentence of at least four words; the whole text if there is none."""
    sentences = re.split(r"(?<=[.!?])\s+|<br />", text)
    return next((s.strip() for s in reversed(sentences) if len(s.split()) >= 4), text)


def last_sentences(file: Path) -> pd.DataFrame:
    """Last sentences of at most 40 words with the labels of their reviews, each once, shuffled."""
    found = pd.read_parquet(file, columns=["text", "label"]).drop_duplicates("text")
    found["text"] = found["text"].map(last_sentence)
    short = found[found["text"].str.split().str.len() <= 40]
    return short.drop_duplicates("text").sample(frac=1, random_state=1)


def write_corpora(folder: Path) -> dict[int, Path]:
    """A folder of CSV files for each size."""
    parts = {name: last_sentences(next(folder.rglob(f"{name}-*"))) for name in ("train", "test")}
    found = {}
    for rows in ROWS:
        found[rows] = RUNS / f"corpus-{rows}"
        found[rows].mkdir(parents=True, exist_ok=True)
        parts["train"][:rows].to_csv(found[rows] / "train.csv", index=False)
        parts["test"][:TEST_ROWS].to_csv(found[rows] / "test.csv", index=False)
    return found


def main() -> None:
    """Train all runs and write the data."""
    rows = []
    for size, corpus in write_corpora(Path(sys.argv[1])).items():
        for ngrams in NGRAMS:
            for of_embeddings, of_words in RATES:
                for seed in SEEDS:
                    found = train(
                        RUNS / f"{size}-{ngrams}-{of_embeddings:g}-{of_words:g}-{seed}",
                        [
                            *("data=text_files", f"data.path={corpus}", "model=gru", *QUIET),
                            *(f"ngrams={ngrams}", f"embedding.dropout={of_embeddings:g}"),
                            *(f"embedding.word_dropout={of_words:g}", f"seed={seed}"),
                        ],
                    )
                    rows.append(
                        {
                            "rows": size,
                            "ngrams": ngrams,
                            "embedding_dropout": of_embeddings,
                            "word_dropout": of_words,
                            "seed": seed,
                            "validation_accuracy": found["validation"]["accuracy"],
                            "accuracy": found["test"]["accuracy"],
                        }
                    )
    pd.DataFrame(rows).to_csv(DATA, index=False)
    print(table_of_scores())


if __name__ == "__main__":
    main()
