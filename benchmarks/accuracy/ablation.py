"""What each setting adds to, or takes from, the default GRU on IMDB.

    python -m benchmarks.accuracy.ablation data.path=FOLDER [--seeds 5] [--jobs 2]

Trains the default and all its variations, one seed after the other and `--jobs` runs at once with
one thread each. Runs stay in `runs/ablation/`, and those that have finished are not repeated.
Writes `ablation.csv` after every seed, and `ablation.svg`.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd

from benchmarks.figures import save
from benchmarks.markdown import table
from benchmarks.runs import Results, train_all
from rnn_sentiment.report.statistics import Estimate, welch

DATA = Path(__file__).with_name("ablation.csv")
DEFAULT = "default"
SYSTEMS = {
    DEFAULT: "",
    "words alone": "ngrams=none",
    "hashed bigrams": "ngrams=hashed",
    "bidirectional, max pooling": "model.bidirectional=true model.pooling=max",
    "averaged weights": "callbacks=ema callbacks.ema.decay=0.99",
    "recurrent dropout 0.2": "model.recurrent_dropout=0.2",
    "weight dropout 0.2": "model.weight_dropout=0.2",
    "layer norm": "model.layer_norm=true",
    "no word dropout": "embedding.word_dropout=0",
    "embedding dropout 0.3": "embedding.dropout=0.3",
    "60,000 words": "tokenizer.vocabulary_size=60000",
    "length 1,000": "data.max_length=1000",
    "Adam's beta2 0.98": "+optimizer.betas=[0.9,0.98]",
    "length 3,000, batches by tokens": "data.max_length=3000 data.batch_by=tokens",
    "one-cycle rates": "scheduler=one_cycle",
    "label smoothing 0.1": "objective=label_smoothing",
    "adversarial": "objective=adversarial",
    "virtual adversarial": "objective=virtual_adversarial",
}
PARTS = {"validation": "validation", "test": "test"}


def scores(system: str, seed: int, found: Results) -> dict[str, object]:
    """A row of a finished run."""
    return {
        "system": system,
        "overrides": SYSTEMS[system],
        "seed": seed,
        **{part: found[key]["accuracy"] for part, key in PARTS.items()},
        "best_epoch": found["validation"]["epoch"] + 1,
        "precision": found["precision"],
        "fingerprint": found["data"]["fingerprint"],
    }


def differences(part: str) -> dict[str, Estimate]:
    """How many points each system lies above the default, with Welch's 95 % interval."""
    percent = {name: 100 * rows[part] for name, rows in pd.read_csv(DATA).groupby("system")}
    return {
        name: welch(percent[name].to_numpy(), percent[DEFAULT].to_numpy())
        for name in SYSTEMS
        if name in percent and name != DEFAULT
    }


def table_of_differences() -> str:
    """All systems, best on the validation part first."""
    runs = pd.read_csv(DATA)
    counts, means = runs["system"].value_counts(), runs.groupby("system")[list(PARTS)].mean() * 100
    found = {part: differences(part) for part in PARTS}
    lines = []
    for name in means.sort_values("validation", ascending=False).index:
        line = {
            "": name,
            "overrides": f"`{SYSTEMS[name]}`" if SYSTEMS[name] else "",
            "seeds": counts[name],
        }
        for part in PARTS:
            line[f"{part}, %"] = f"{means[part][name]:.2f}"
            line[f"{part}: points above the default"] = (
                "" if name == DEFAULT else shown(found[part][name])
            )
        lines.append(line)
    return table(lines)


def shown(found: Estimate) -> str:
    """A difference with its interval."""
    return f"{found.value:+.2f} [{found.low:+.2f}, {found.high:+.2f}]"


def draw() -> None:
    """A forest plot of the differences on both parts, best on the validation part on top."""
    found = {part: differences(part) for part in PARTS}
    names = sorted(found["validation"], key=lambda name: found["validation"][name].value)
    figure, axis = plt.subplots(figsize=(7, 4), layout="constrained")
    for part, shift, marker in (("validation", 0.12, "o"), ("test", -0.12, "s")):
        estimates = [found[part][name] for name in names]
        axis.errorbar(
            [e.value for e in estimates],
            [place + shift for place in range(len(names))],
            xerr=[[e.value - e.low for e in estimates], [e.high - e.value for e in estimates]],
            fmt=marker, capsize=2, markersize=4, label=f"{part} part",
        )  # fmt: skip
    axis.axvline(0, color="gray", linewidth=1)
    axis.set_yticks(range(len(names)), names)
    axis.set_xlabel("accuracy, points above the default GRU")
    axis.legend()
    save(figure, DATA.with_suffix(".svg"))


def folder_name(system: str) -> str:
    """A system's name without what shells and Hydra read as more than letters."""
    return re.sub(r"[^\w.]+", "-", system)


def main() -> None:
    """Train all systems, seed by seed, and write data and figure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("overrides", nargs="*")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--jobs", type=int, default=2)
    given = parser.parse_args()
    rows = []
    for seed in range(1, given.seeds + 1):
        runs = {
            Path("runs/ablation") / f"{folder_name(name)}-{seed}": [
                "model=gru", *what.split(), f"seed={seed}", *given.overrides
            ]
            for name, what in SYSTEMS.items()
        }  # fmt: skip
        found = train_all(runs, given.jobs)
        rows += [scores(name, seed, one) for name, one in zip(SYSTEMS, found, strict=True)]
        pd.DataFrame(rows).to_csv(DATA, index=False)
    draw()
    print(table_of_differences())


if __name__ == "__main__":
    main()
