"""A linear model on n-grams that naive Bayes has weighted: what networks have to beat.

    python -m benchmarks.accuracy.nbsvm FOLDER

`FOLDER` holds IMDB in the Hub's layout. A logistic regression of the words and n-grams of a review
(Wang and Manning, 2012; Mesnil and others, 2015) trains on the reviews that runs of this package
train on; their validation reviews choose the longest n-grams and the penalty. The chosen model is
tested once, and once more trained on the validation reviews too, as published ones are. Writes
`nbsvm.csv`, a row for each setting, `nbsvm-test.csv`, and a folder for each seed under
`runs/nbsvm/` that a report takes like those of any program. Nothing is drawn at random, so that
all seeds answer alike.
"""

from __future__ import annotations

import argparse
import json
import resource
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from benchmarks.accuracy.linear import Linear, Trained, train
from benchmarks.accuracy.ngrams import Ngrams, words
from benchmarks.markdown import table
from rnn_sentiment.data.corpus import Corpus
from rnn_sentiment.data.rows import IndexedPart, text_hash
from rnn_sentiment.data.sources import PathSource
from rnn_sentiment.data.splits import Splits
from rnn_sentiment.inference.perturbing import changed_reviews

SETTINGS, TESTED = (Path(__file__).with_name(f"nbsvm{name}.csv") for name in ("", "-test"))
RUNS = Path("runs") / "nbsvm"
ORDERS = (1, 2, 3)
PENALTIES = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
SEEDS = (1, 2, 3, 4, 5)


class Reviews(NamedTuple):
    """Reviews as words, with their labels `(N,)` and hashes `(N,)`."""

    words: list[list[str]]
    labels: np.ndarray
    hashes: np.ndarray

    def some(self, rows: np.ndarray) -> Reviews:
        """Those at some positions."""
        return Reviews([self.words[row] for row in rows], self.labels[rows], self.hashes[rows])


def read(corpus: Corpus, part: str) -> Reviews:
    """A part of the corpus."""
    texts, labels = [], []
    for some, theirs in corpus.read(part):
        texts += some
        labels += theirs
    hashes = np.array([text_hash(text) for text in texts], np.uint64)
    return Reviews([words(text) for text in texts], np.array(labels), hashes)


def search(reviews: Reviews, held_out: Reviews) -> pd.DataFrame:
    """Validation accuracy of every setting; each fit starts from that of the penalty before."""
    rows = []
    for order in ORDERS:
        columns = Ngrams(reviews.words, order)
        model, presence = Linear(columns(reviews.words), reviews.labels), columns(held_out.words)
        for penalty in PENALTIES:
            model.fit(penalty)
            right = (model.probabilities(presence) > 0.5) == held_out.labels
            rows.append(
                {
                    "order": order,
                    "penalty": penalty,
                    "columns": presence.shape[1],
                    "validation_accuracy": right.mean(),
                }
            )
            print(rows[-1], flush=True)
    return pd.DataFrame(rows)


def predictions(trained: Trained, test: Reviews, seen: np.ndarray) -> pd.DataFrame:
    """The table of docs/report.md; `seen` are hashes of the train part."""
    return pd.DataFrame(
        {
            "row_id": IndexedPart(test.labels, test.hashes).row_ids(),
            "label": test.labels,
            "probability": trained.probabilities(test.words),
            "duplicate": np.isin(test.hashes, seen) | pd.Series(test.hashes).duplicated(),
            "length": [len(found) for found in test.words],
        }
    )


def tested(trained: Trained, frame: pd.DataFrame, trained_on: str) -> dict[str, Any]:
    """A row of scores and costs."""
    right = (frame["probability"] >= 0.5) == frame["label"]
    return {
        "trained_on": trained_on,
        "test_accuracy": right.mean(),
        "test_deduplicated_accuracy": right[~frame["duplicate"]].mean(),
        "parameters": len(trained.model.weights),
        "seconds": trained.seconds,
        "peak_memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10,
    }


def perturbed(trained: Trained, source: PathSource, row_ids: pd.Series) -> pd.DataFrame:
    """Answers to changed reviews, as docs/report.md has them."""
    found = changed_reviews(source, row_ids)
    for when, column in (("before", "text"), ("after", "changed")):
        texts = [words(text) for text in found[column]]
        found[when] = (trained.probabilities(texts) >= 0.5).astype(int)
    return found.drop(columns=["text", "changed"])


def write_runs(frame: pd.DataFrame, changes: pd.DataFrame, results: dict[str, Any]) -> None:
    """A folder for each seed."""
    for seed in SEEDS:
        folder = RUNS / str(seed)
        folder.mkdir(parents=True, exist_ok=True)
        frame.to_parquet(folder / "predictions.parquet")
        changes.to_parquet(folder / "perturbations.parquet")
        (folder / "results.json").write_text(json.dumps(results | {"seed": seed}, indent=2))


def table_of_scores() -> str:
    """The chosen setting, and its scores after training on either part."""
    best = chosen(pd.read_csv(SETTINGS))
    return table(
        {
            "trained on": row.trained_on,
            "n-grams up to": int(best["order"]),
            "penalty": best["penalty"],
            "validation, %": f"{100 * best['validation_accuracy']:.2f}" if not number else "",
            "test accuracy, %": f"{100 * row.test_accuracy:.2f}",
            "without duplicates, %": f"{100 * row.test_deduplicated_accuracy:.2f}",
            "parameters": f"{row.parameters:,}",
            "s": f"{row.seconds:.0f}",
            "peak MiB": f"{row.peak_memory_mib:,.0f}",
        }
        for number, row in enumerate(pd.read_csv(TESTED).itertuples())
    )


def chosen(settings: pd.DataFrame) -> pd.Series:
    """The setting of the highest validation accuracy; of several, the simplest."""
    return settings.loc[settings["validation_accuracy"].idxmax()]


def main() -> None:
    """Choose, train, test and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    source = PathSource(str(parser.parse_args().folder))
    corpus = source.open(Path("runs") / "cache").corpus
    parts = {part: read(corpus, part) for part in ("train", "test")}
    rows = {name: parts[part].some(at) for name, (part, at) in Splits()(parts).items()}
    settings = search(rows["train"], rows["validation"])
    settings.to_csv(SETTINGS, index=False)
    best = chosen(settings)
    setting = int(best["order"]), float(best["penalty"])
    trained = train(rows["train"].words, rows["train"].labels, *setting)
    frame = predictions(trained, rows["test"], parts["train"].hashes)
    scores = [tested(trained, frame, "train")]
    results = {
        "name": f"nbsvm-{setting[0]}",
        "status": "completed",
        "data": {
            "fingerprint": str(corpus.fingerprint()),
            "sizes": {name: len(some.labels) for name, some in rows.items()},
        },
        "device": "cpu",
        "parameters": scores[0]["parameters"],
        "seconds_per_epoch": trained.seconds,  # there is one
        "peak_memory_bytes": int(scores[0]["peak_memory_mib"] * 2**20),
        "history": [{"epoch": 0, "val/accuracy": best["validation_accuracy"]}],
    }
    write_runs(frame, perturbed(trained, source, frame["row_id"]), results)
    trained = train(parts["train"].words, parts["train"].labels, *setting)
    frame = predictions(trained, rows["test"], parts["train"].hashes)
    scores.append(tested(trained, frame, "train and validation"))
    pd.DataFrame(scores).to_csv(TESTED, index=False)
    print(table_of_scores())


if __name__ == "__main__":
    main()
