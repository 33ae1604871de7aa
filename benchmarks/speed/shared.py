"""How fast a model trains beside another busy process, by what waiting threads do.

    python -m benchmarks.speed.shared data.path=FOLDER

Trains `BATCHES` batches of `model=gru` with all cores, with nothing beside it and beside a process
that keeps one core busy: with threads that sleep while they wait (`passive`, as this package has
them), and with threads that spin (`active`). All take turns, `ROUNDS` times. Writes `shared.csv`, a
row for each run.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

from benchmarks.markdown import table
from benchmarks.runs import CORES, command, only_batches, read

DATA = Path(__file__).with_name("shared.csv")
POLICIES = ("passive", "active")
BATCHES, ROUNDS = 40, 2


@contextmanager
def busy_core() -> Iterator[None]:
    """Keep a core busy."""
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as process:
        try:
            yield
        finally:
            process.kill()


def measure(policy: str, overrides: list[str], run: Path) -> float:
    """Tokens a second of a short training."""
    environment = os.environ | {"OMP_WAIT_POLICY": policy, "OMP_NUM_THREADS": str(CORES)}
    call = command(run, ["model=gru", *only_batches(BATCHES), *overrides])
    subprocess.run(call, check=True, env=environment, capture_output=True)
    return float(read(run / "results.json")["tokens_per_second"])


def table_of_shares() -> str:
    """Median tokens a second of each policy, and what is left beside a busy process.

    A fair share of C cores beside one busy thread is C / (C + 1) of them.
    """
    data = pd.read_csv(DATA)
    cores = int(data["cores"].iloc[0])
    speed = data.groupby(["policy", "beside"])["tokens_per_second"].median()
    rows = []
    for policy in POLICIES:
        alone, beside = speed[policy, "nothing"], speed[policy, "a busy process"]
        share = beside / (alone * cores / (cores + 1))
        rows.append(
            {
                "waiting threads": f"{'sleep' if policy == 'passive' else 'spin'} (`{policy}`)",
                "with nothing beside, tokens / s": f"{alone:,.0f}",
                "beside a busy process, tokens / s": f"{beside:,.0f}",
                "of a fair share": f"{share:.0%}",
            }
        )
    return table(rows)


def main() -> None:
    """Measure in turns and write the data."""
    rows = []
    with tempfile.TemporaryDirectory() as work:
        for number in range(1, ROUNDS + 1):
            for policy in POLICIES:
                name = f"{policy}-{number}"
                alone = measure(policy, sys.argv[1:], Path(work) / f"{name}-alone")
                with busy_core():
                    beside = measure(policy, sys.argv[1:], Path(work) / f"{name}-beside")
                for what, speed in (("nothing", alone), ("a busy process", beside)):
                    rows.append(
                        {
                            "round": number,
                            "policy": policy,
                            "beside": what,
                            "tokens_per_second": round(speed),
                            "cores": CORES,
                        }
                    )
    pd.DataFrame(rows).to_csv(DATA, index=False)
    print(table_of_shares())


if __name__ == "__main__":
    main()
