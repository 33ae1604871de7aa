"""What an LSTM and a bag of words lose when the words of every review are shuffled.

    python -m benchmarks.accuracy.order

On the demo corpus, where order decides the label by construction. Trains and tests both models on
reviews as they are and on shuffled ones; writes `order.csv`, a row for each run. The same on IMDB
is among the runs of `benchmarks/lectures/sweeps.py`.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from benchmarks.markdown import mean_and_sd, table
from benchmarks.runs import train_all
from rnn_sentiment.report.statistics import mean_interval

DATA = Path(__file__).with_name("order.csv")
MODELS = ("bag", "lstm")
SEEDS = (1, 2, 3)


def table_of_losses() -> str:
    """Accuracies, and their difference paired by seed."""
    runs = pd.read_csv(DATA).set_index(["model", "shuffled", "seed"])
    rows = []
    for model in MODELS:
        given, shuffled = (100 * runs["test_accuracy"][model, how] for how in (False, True))
        lost = mean_interval(given - shuffled)
        rows.append(
            {
                "model": model,
                "words in order, %": mean_and_sd(given, 1),
                "shuffled, %": mean_and_sd(shuffled, 1),
                "lost, points": f"{lost.value:.1f} [{lost.low:.1f}, {lost.high:.1f}]",
            }
        )
    return table(rows)


def main() -> None:
    """Train all models and write the data."""
    cases = [(model, how, seed) for model in MODELS for how in (False, True) for seed in SEEDS]
    found = train_all(
        {
            Path("runs") / "order" / f"{model}-{how}-{seed}": [
                *(
                    f"model={model}",
                    f"data.shuffle_words={how}",
                    f"seed={seed}",
                    "data=demo",
                    "ngrams=none",
                )
            ]
            for model, how, seed in cases
        }
    )
    rows = [
        {
            "model": model,
            "shuffled": how,
            "seed": seed,
            "test_accuracy": results["test"]["accuracy"],
            "fingerprint": results["data"]["fingerprint"],
        }
        for (model, how, seed), results in zip(cases, found, strict=True)
    ]
    pd.DataFrame(rows).to_csv(DATA, index=False)
    print(table_of_losses())


if __name__ == "__main__":
    main()
