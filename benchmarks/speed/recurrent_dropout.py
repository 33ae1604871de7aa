"""What dropout between the steps of a recurrent layer costs.

    python -m benchmarks.speed.recurrent_dropout data.path=FOLDER

Trains `BATCHES` batches of each model without it and with `model.recurrent_dropout=0.2`, in turns,
with all cores, `ROUNDS` times. Writes `recurrent_dropout.csv`, a row for each run. Nothing else
should be running.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.markdown import table
from benchmarks.runs import CORES, in_turns, only_batches, train
from rnn_sentiment.percentages import percentage

DATA = Path(__file__).with_name("recurrent_dropout.csv")
MODELS = ("rnn", "lstm", "gru")
RATES = (0.0, 0.2)
BATCHES, ROUNDS = 40, 3


def measure(case: Mapping[str, Any], run: Path) -> dict[str, object]:
    """Train some batches."""
    what = [f"model={case['model']}", f"model.recurrent_dropout={case['rate']}"]
    found = train(run, [*what, *only_batches(BATCHES), *sys.argv[1:]])
    return {"tokens_per_second": round(found["tokens_per_second"]), "threads": CORES}


def table_of_costs() -> str:
    """Median speeds, and how much longer a batch takes with dropout."""
    speeds = pd.read_csv(DATA).pivot_table(
        index=["model", "round"], columns="rate", values="tokens_per_second"
    )
    rows = []
    for model in MODELS:
        without, dropped = (speeds.loc[model][rate] for rate in RATES)
        more = without / dropped - 1
        rows.append(
            {
                "": f"`model={model}`",
                "without, tokens / s": f"{without.median():,.0f}",
                "with 0.2, tokens / s": f"{dropped.median():,.0f}",
                "more time": f"{percentage(more.median(), 0)} "
                f"({percentage(more.min(), 0)} – {percentage(more.max(), 0)})",
            }
        )
    return table(rows)


def main() -> None:
    """Measure in turns and write the data."""
    cases = [{"model": model, "rate": rate} for model in MODELS for rate in RATES]
    in_turns(cases, ROUNDS, measure).to_csv(DATA, index=False)
    print(table_of_costs())


if __name__ == "__main__":
    main()
