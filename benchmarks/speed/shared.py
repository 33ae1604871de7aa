"""How fast a model trains beside another busy process, by what waiting threads do.

    python -m benchmarks.speed.shared data.path=FOLDER

Trains `BATCHES` batches of `model=gru` with all cores, with nothing beside it and beside a process
that keeps one core busy: with threads that sleep while they wait (`passive`, as this package has
them), and with threads that spin (`active`). All take turns, `ROUNDS` times. Writes `shared.csv`, a
row for each run.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.markdown import table
from benchmarks.runs import CORES, in_turns, only_batches, train
from rnn_sentiment.percentages import percentage

DATA = Path(__file__).with_name("shared.csv")
POLICIES = ("passive", "active")
BESIDE = NOTHING, BUSY = "nothing", "a busy process"
BATCHES, ROUNDS = 40, 2


@contextmanager
def busy_core() -> Iterator[None]:
    """Keep a core busy."""
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as process:
        try:
            yield
        finally:
            process.kill()


def measure(case: Mapping[str, Any], run: Path) -> dict[str, object]:
    """Train some batches."""
    overrides = ["model=gru", *only_batches(BATCHES), *sys.argv[1:]]
    with nullcontext() if case["beside"] == NOTHING else busy_core():
        found = train(run, overrides, environment={"OMP_WAIT_POLICY": case["policy"]})
    return {"tokens_per_second": round(found["tokens_per_second"]), "cores": CORES}


def table_of_shares() -> str:
    """Median tokens a second of each policy, and what is left beside a busy process.

    A fair share of C cores beside one busy thread is C / (C + 1) of them.
    """
    data = pd.read_csv(DATA)
    cores = int(data["cores"].iloc[0])
    speed = data.groupby(["policy", "beside"])["tokens_per_second"].median()
    rows = []
    for policy in POLICIES:
        alone, beside = speed[policy, NOTHING], speed[policy, BUSY]
        share = beside / (alone * cores / (cores + 1))
        rows.append(
            {
                "waiting threads": f"{'sleep' if policy == 'passive' else 'spin'} (`{policy}`)",
                "with nothing beside, tokens / s": f"{alone:,.0f}",
                "beside a busy process, tokens / s": f"{beside:,.0f}",
                "of a fair share": percentage(share, 0),
            }
        )
    return table(rows)


def main() -> None:
    """Measure in turns and write the data."""
    cases = [{"policy": policy, "beside": beside} for policy in POLICIES for beside in BESIDE]
    in_turns(cases, ROUNDS, measure).to_csv(DATA, index=False)
    print(table_of_shares())


if __name__ == "__main__":
    main()
