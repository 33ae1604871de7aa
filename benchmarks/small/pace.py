"""What `pace` brings on corpora that are smaller than IMDB, or of other shapes.

    python -m benchmarks.small.pace

Trains a GRU on each generated corpus (see `shapes.py`), once with three epochs in batches of 64, as
on IMDB, and once with the batches and epochs that suit it; reading phrases beside words, as by
default, and words alone. Writes `pace.csv`, a row for each run.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from benchmarks.markdown import table
from benchmarks.runs import train
from benchmarks.small.shapes import SHAPES, write

DATA = Path(__file__).with_name("pace.csv")
RUNS = Path("runs") / "small"
NGRAMS = ("none", "naive_bayes")
STEPS = ("null", "800")  # IMDB's batches and epochs, and those that suit the corpus
QUIET = ("logger=none", "callbacks.pictures=null", "callbacks.progress_bar=null")


def table_of_scores() -> str:
    """Test accuracy and macro F1 of each corpus, before and after."""
    runs = pd.read_csv(DATA, keep_default_na=False).set_index(["shape", "ngrams", "steps"])
    rows = []
    for name, shape in SHAPES.items():
        for ngrams in NGRAMS:
            # As objects, or whole numbers would become fractions beside the scores.
            before, after = (runs.astype(object).loc[name, ngrams, steps] for steps in STEPS)
            rows.append(
                {
                    "corpus": name,
                    "training rows": f"{before['rows']:,}",
                    "words": shape.words,
                    "classes": len(shape.shares),
                    "reads": "words" if ngrams == "none" else "words and phrases",
                    "3 epochs of 64: steps": f"{before['made']:,}",
                    "accuracy, %": f"{100 * before['accuracy']:.1f}",
                    "macro F1, %": f"{100 * before['macro_f1']:.1f}",
                    "`pace`: epochs × batch": f"{after['epochs']} × {after['batch_size']}",
                    "steps": f"{after['made']:,}",
                    "accuracy, % ": f"{100 * after['accuracy']:.1f}",
                    "macro F1, % ": f"{100 * after['macro_f1']:.1f}",
                }
            )
    return table(rows)


def main() -> None:
    """Train all runs and write the data."""
    rows = []
    for name, shape in SHAPES.items():
        corpus = RUNS / "corpora" / name
        if not corpus.exists():
            write(corpus, shape)
        for ngrams in NGRAMS:
            for steps in STEPS:
                found = train(
                    RUNS / f"{name}-{ngrams}-{steps}",
                    [
                        *("data=text_files", f"data.path={corpus}", "model=gru", *QUIET),
                        *(f"ngrams={ngrams}", f"pace.steps={steps}"),
                    ],
                )
                rows.append(
                    {
                        "shape": name,
                        "ngrams": ngrams,
                        "steps": steps,
                        "rows": found["data"]["sizes"]["train"],
                        "batch_size": found["data"]["batch_size"],
                        "epochs": len(found["history"]),
                        "made": found["history"][-1]["step"],
                        "accuracy": found["test"]["accuracy"],
                        "macro_f1": found["test"]["macro_f1"],
                    }
                )
    pd.DataFrame(rows).to_csv(DATA, index=False)
    print(table_of_scores())


if __name__ == "__main__":
    main()
