"""How far back the last state remembers: accuracy by distance of the deciding clause, demo corpus.

    python benchmarks/distance.py

Trains `rnn`, `lstm` and `gru` with `model.pooling=last` on demo reviews, where the generator knows
how many words stand behind the clause that decides, and scores the test reviews by that distance
against the label before a share of labels was flipped. Writes `benchmarks/distance.csv`, `.md` and
`.png`.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
from table import run

from rnn_sentiment.data.rows import text_hash
from rnn_sentiment.data.sources import demo_reviews as demo

HERE = Path(__file__).parent
MODELS = ("rnn", "lstm", "gru")
SEEDS = (1, 2, 3)
NUM_TRAIN, NUM_TEST = 20_000, 5_000
EDGES = (-1, 0, 5, 10, 20, 40, 80, 160, 10_000)  # words
OVERRIDES = [
    *("data=demo", f"data.demo_sizes=[{NUM_TRAIN},{NUM_TEST}]", "model.pooling=last"),
    *("data.truncation=tail", "trainer.max_epochs=3"),
]


def score(model: str, seed: int) -> pd.DataFrame:
    """Whether each test review was answered rightly."""
    folder = Path("runs") / "distance" / f"{model}-{seed}"
    run(folder, 1, [f"model={model}", f"seed={seed}", *OVERRIDES])
    found = pd.read_parquet(folder / "predictions.parquet", columns=["row_id", "predicted"])
    return found.assign(model=model, seed=seed)


def main() -> None:
    """Run all models and write the files."""
    # As the data module writes them: the test part's seed follows from the corpus's, which is 0.
    truth = pd.DataFrame(
        {
            "row_id": f"{text_hash(review.text):016x}-0",
            "true_label": review.true_label,
            "distance": review.distance,
        }
        for review in demo.generate(NUM_TEST, 1)
    )
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = [pool.submit(score, model, seed) for model in MODELS for seed in SEEDS]
        answers = pd.concat([job.result() for job in jobs])
    rows = answers.merge(truth, on="row_id", validate="many_to_one")
    assert len(rows) == len(answers)
    rows["right"] = rows["predicted"] == rows["true_label"]
    rows["words"] = pd.cut(rows["distance"], EDGES)
    by_seed = rows.groupby(["model", "seed", "words"], observed=True)["right"].agg(["mean", "size"])
    by_seed.reset_index().to_csv(HERE / "distance.csv", index=False)
    table = by_seed["mean"].unstack("words")
    means, spreads = (getattr(table.groupby("model", sort=False), how)() for how in ("mean", "std"))
    spans = [(int(i.left) + 1, int(i.right)) for i in table.columns]
    names = [f"{low}" if low == high else f"{low}-{high}" for low, high in spans]
    names[-1] = f"over {EDGES[-2]}"
    lines = [
        "# How far back the last state remembers\n",
        f"`python benchmarks/distance.py`: accuracy, %, by words behind the deciding clause, "
        f"{NUM_TRAIN:,} demo reviews, `pooling=last`, mean ± standard deviation over {len(SEEDS)} "
        "seeds.\n",
        f"| model | {' | '.join(names)} |",
        f"|---|{'---|' * len(names)}",
        *(
            f"| {model} | "
            + " | ".join(
                f"{100 * means.loc[model, c]:.1f} ± {100 * spreads.loc[model, c]:.1f}"
                for c in table.columns
            )
            + " |"
            for model in MODELS
        ),
        "\n![Accuracy by distance](distance.png)",
    ]
    (HERE / "distance.md").write_text("\n".join(lines) + "\n")
    figure, axis = plt.subplots(figsize=(6, 3.5), layout="constrained")
    for model in MODELS:
        axis.errorbar(names, means.loc[model], spreads.loc[model], marker="o", label=model)
    axis.set(xlabel="Words behind the deciding clause", ylabel="Accuracy")
    axis.legend(frameon=False)
    figure.savefig(HERE / "distance.png", dpi=150)
    print("\n".join(lines))


if __name__ == "__main__":
    main()
