"""How far back the last state remembers: accuracy by distance of the deciding clause.

    python -m benchmarks.accuracy.distance

Trains `rnn`, `lstm` and `gru` with `model.pooling=last` on demo reviews, where the generator knows
how many words follow the clause that decides, and scores the test reviews by that distance against
the label before a share of the labels was flipped. Writes `distance.csv` and `distance.svg`.
"""

from __future__ import annotations

from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd

from benchmarks.figures import save
from benchmarks.markdown import mean_and_sd, table
from benchmarks.runs import train_all
from rnn_sentiment.data.rows import text_hash
from rnn_sentiment.data.sources import demo_reviews as demo

DATA = Path(__file__).with_name("distance.csv")
MODELS = ("rnn", "lstm", "gru")
SEEDS = (1, 2, 3)
NUM_TRAIN, NUM_TEST = 20_000, 5_000
EDGES = (-1, 0, 5, 10, 20, 40, 80, 160, 10_000)  # words
NAMES = ("0", "1-5", "6-10", "11-20", "21-40", "41-80", "81-160", "over 160")
OVERRIDES = (
    *("data=demo", f"data.demo_sizes=[{NUM_TRAIN},{NUM_TEST}]", "model.pooling=last"),
    *("ngrams=none", "data.truncation=tail", "trainer.max_epochs=3", "data.batch_size=16"),
)


def score(folder: Path, truth: pd.DataFrame) -> pd.DataFrame:
    """Share of right answers of a run, by distance."""
    answers = pd.read_parquet(folder / "predictions.parquet", columns=["row_id", "predicted"])
    rows = answers.merge(truth, on="row_id", validate="one_to_one")
    assert len(rows) == len(answers)
    right = rows["predicted"] == rows["true_label"]
    words = pd.cut(rows["distance"], EDGES, labels=NAMES)
    return right.groupby(words, observed=True).agg(["mean", "size"]).rename_axis("words")


def table_of_means() -> str:
    """Accuracy in percent, a column for each distance."""
    accuracies = 100 * read()["mean"]
    names = accuracies.index.unique("words")
    return table(
        {"model": model, **{name: mean_and_sd(accuracies[model, :, name], 1) for name in names}}
        for model in MODELS
    )


def draw() -> None:
    """Accuracy against distance, with the standard deviation over seeds."""
    accuracies = read()["mean"].groupby(["model", "words"], sort=False)
    means, spreads = accuracies.mean(), accuracies.std()
    figure, axis = plt.subplots(figsize=(6, 3.5), layout="constrained")
    for model in MODELS:
        axis.errorbar(means[model].index, means[model], spreads[model], marker="o", label=model)
    axis.set(xlabel="Words after the deciding clause", ylabel="Accuracy")
    axis.legend(frameon=False)
    save(figure, DATA.with_suffix(".svg"))


def read() -> pd.DataFrame:
    """The committed data by model, seed and words."""
    return pd.read_csv(DATA, dtype={"words": str}).set_index(["model", "seed", "words"])


def main() -> None:
    """Train all models and write the data."""
    cases = [(model, seed) for model in MODELS for seed in SEEDS]
    folders = {case: Path("runs") / "distance" / f"{case[0]}-{case[1]}" for case in cases}
    train_all({folders[m, s]: [f"model={m}", f"seed={s}", *OVERRIDES] for m, s in cases})
    # As the data module writes them: the test part's seed follows from the corpus's, which is 0.
    truth = pd.DataFrame(
        {
            "row_id": f"{text_hash(review.text):016x}-0",
            "true_label": review.true_label,
            "distance": review.distance,
        }
        for review in demo.generate(NUM_TEST, 1)
    )
    found = {case: score(folder, truth) for case, folder in folders.items()}
    pd.concat(found, names=["model", "seed"]).reset_index().to_csv(DATA, index=False)
    draw()
    print(table_of_means())


if __name__ == "__main__":
    main()
