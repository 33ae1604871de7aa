"""What an LSTM and a bag of words lose when the words of every review are shuffled, demo corpus.

    python benchmarks/order.py

There, order decides the label by construction. Trains and tests both models on reviews as they are
and on shuffled ones; writes `benchmarks/order.csv` (a row per run) and `benchmarks/order.md`. The
same on IMDB is among the runs of `lectures.py`.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd
from table import run

from rnn_sentiment.report.statistics import mean_interval

HERE = Path(__file__).parent
MODELS = ("bag", "lstm")
SEEDS = (1, 2, 3)


def score(model: str, shuffled: bool, seed: int) -> dict[str, object]:
    """One row of scores."""
    what = [f"model={model}", f"data.shuffle_words={shuffled}", f"seed={seed}", "data=demo"]
    found = run(Path("runs") / "order" / f"{model}-{shuffled}-{seed}", 1, what)
    return {
        "model": model,
        "shuffled": shuffled,
        "seed": seed,
        "test_accuracy": found["test"]["accuracy"],
        "fingerprint": found["data"]["fingerprint"],
    }


def main() -> None:
    """Run all models and write the files."""
    cases = [(model, shuffled, seed) for model in MODELS for shuffled in (0, 1) for seed in SEEDS]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = [pool.submit(score, model, bool(how), seed) for model, how, seed in cases]
        table = pd.DataFrame([job.result() for job in jobs])
    table.to_csv(HERE / "order.csv", index=False)
    lines = [
        "# What order is worth\n",
        "`python benchmarks/order.py`: test accuracy on the demo corpus, %, mean ± standard "
        f"deviation over {len(SEEDS)} seeds; what shuffling costs in points, with its 95 % "
        "interval, paired by seed.\n",
        "| model | words in order | shuffled | lost |",
        "|---|---|---|---|",
    ]
    accuracies = 100 * table.set_index(["model", "shuffled", "seed"])["test_accuracy"]
    for model in MODELS:
        given, shuffled = accuracies[model, False], accuracies[model, True]
        lost = mean_interval(given - shuffled)
        lines.append(
            f"| {model} | {given.mean():.1f} ± {given.std():.1f} "
            f"| {shuffled.mean():.1f} ± {shuffled.std():.1f} "
            f"| {lost.value:.1f} [{lost.low:.1f}, {lost.high:.1f}] |"
        )
    (HERE / "order.md").write_text("\n".join(lines) + "\n")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
