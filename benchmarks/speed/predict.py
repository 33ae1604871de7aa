"""How fast trained models answer, against Keras.

    python -m benchmarks.speed.predict KERAS_PYTHON FOLDER

Trains each network for one batch, which is enough to time it, and gives it `REVIEWS` test reviews
of a corpus in the Hub's layout at once, then `SINGLES` of them one by one in the same process. This
package is given texts, and tokenises them; Keras is given token ids, padded to 500 words. The two
take turns, `ROUNDS` times, with all cores. The default models, which read phrases too, are timed
beside them. Writes `predict.csv`, a row for each run. Nothing else should be running.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.markdown import table
from benchmarks.runs import CORES, only_batches, train
from benchmarks.speed.frameworks import LENGTH, SYSTEMS, environment, overrides_of
from benchmarks.timing import milliseconds
from rnn_sentiment.data.corpus import Corpus
from rnn_sentiment.data.tokenizer import encode
from rnn_sentiment.inference import Predictor

DATA = Path(__file__).with_name("predict.csv")
KERAS_SCRIPT = "benchmarks.speed.predict_keras"
DEFAULTS = tuple(f"model={name}" for name in ("rnn", "lstm", "gru", "conv1d", "bag"))
REVIEWS, SINGLES, ROUNDS = 4096, 200, 2


def choose_reviews(folder: Path) -> list[str]:
    """Texts of the test part, at random."""
    corpus = Corpus(folder, ("neg", "pos"))
    texts = [text for texts, _ in corpus.read("test") for text in texts]
    chosen = np.random.default_rng(0).permutation(len(texts))[:REVIEWS]
    return [texts[number] for number in chosen]


def export(run: Path, texts: list[str], file: Path) -> None:
    """Write the token ids of the texts, padded, for Keras."""
    predictor = Predictor.load(run)
    tokens = np.zeros((len(texts), LENGTH), np.int32)
    for row, ids in zip(tokens, encode(predictor.tokenizer, texts), strict=True):
        row[: min(len(ids), LENGTH)] = ids[:LENGTH]
    vocabulary_size = predictor.tokenizer.get_vocab_size()
    np.savez(file, tokens=tokens, vocabulary_size=vocabulary_size, singles=SINGLES)


def answer(run: Path, texts: list[str]) -> dict[str, float]:
    """Time a run of this package."""
    predictor = Predictor.load(run)
    predictor(texts[:64])
    started = time.perf_counter()
    predictor(texts)
    seconds = time.perf_counter() - started
    return {
        "reviews_per_second": len(texts) / seconds,
        "milliseconds": milliseconds(predictor, texts[:SINGLES]),
    }


def answer_with_keras(python: str, system: str, file: Path) -> dict[str, float]:
    """Time the same network of Keras."""
    call = [python, "-m", KERAS_SCRIPT, str(file), *map(str, SYSTEMS[system])]
    done = subprocess.run(call, check=True, env=environment(), stdout=subprocess.PIPE)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def table_of_answers() -> str:
    """Medians of this package and of Keras."""
    runs = pd.read_csv(DATA)
    medians = runs.groupby(["system", "contestant"]).median(numeric_only=True)
    rows = []
    for system in runs["system"].unique():
        ours, keras = (
            medians.loc[system].reindex([name]).iloc[0] for name in ("rnn_sentiment", "Keras")
        )
        with_keras = pd.notna(keras["milliseconds"])
        ratio = ours["reviews_per_second"] / keras["reviews_per_second"]
        rows.append(
            {
                "": f"`{system}`" if "=" in system else system,
                "reviews / s": f"{ours['reviews_per_second']:,.0f}",
                "Keras, reviews / s": f"{keras['reviews_per_second']:,.0f}" if with_keras else "",
                "ratio": f"{ratio:.1f}" if with_keras else "",
                "one review, ms": f"{ours['milliseconds']:.1f}",
                "Keras, one review, ms": f"{keras['milliseconds']:.1f}" if with_keras else "",
            }
        )
    return table(rows)


def main() -> None:
    """Time all networks in turns, and write the data."""
    keras_python, folder = sys.argv[1], Path(sys.argv[2])
    texts = choose_reviews(folder)
    rows = []
    with tempfile.TemporaryDirectory() as work:
        trained = {
            system: Path(work) / str(number) for number, system in enumerate([*SYSTEMS, *DEFAULTS])
        }
        for system, run in trained.items():
            what = overrides_of(system) if system in SYSTEMS else [system]
            train(run, [*what, *only_batches(1), f"data.path={folder}", "callbacks.pictures=null"])
        file = Path(work) / "reviews.npz"
        export(trained[DEFAULTS[0]], texts, file)
        for number in range(1, ROUNDS + 1):
            for system, run in trained.items():
                found = {"rnn_sentiment": answer(run, texts)}
                if system in SYSTEMS:
                    found["Keras"] = answer_with_keras(keras_python, system, file)
                for contestant, times in found.items():
                    row = {"round": number, "system": system, "contestant": contestant}
                    rounded = {key: round(value, 2) for key, value in times.items()}
                    rows.append(row | rounded | {"threads": CORES})
                pd.DataFrame(rows).to_csv(DATA, index=False)
    print(table_of_answers())


if __name__ == "__main__":
    main()
