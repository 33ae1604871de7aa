"""How long commands take to answer.

    python -m benchmarks.speed.startup

Times `--help` of every command, a mistyped key, and the prediction of one text with a small run
that is trained first, each `REPEATS` times as a process of its own. Writes `startup.csv`, a row for
each call.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd

from benchmarks.markdown import table
from benchmarks.runs import train

DATA = Path(__file__).with_name("startup.csv")
REPEATS = 3
COMMANDS = ("train", "check", "evaluate", "predict", "neighbours", "seal", "report")


def calls(run: Path) -> dict[str, list[str]]:
    """What is timed: a name, and the arguments of `python -m rnn_sentiment.`."""
    return {
        **{f"{name} --help": [name, "--help"] for name in COMMANDS},
        "train modle=gru": ["train", "modle=gru"],
        "predict one text": ["predict", f"run={run}", "A quiet, honest film."],
    }


def seconds(name: str, *arguments: str) -> float:
    """Time one call from its start to its end."""
    started = time.perf_counter()
    call = [sys.executable, "-m", f"rnn_sentiment.{name}", *arguments]
    subprocess.run(call, capture_output=True, check=False)
    return time.perf_counter() - started


def table_of_seconds() -> str:
    """Median, smallest and largest time of each call."""
    times = pd.read_csv(DATA).groupby("call", sort=False)["seconds"]
    return table(
        {
            "": f"`{call}`",
            "median, s": f"{t.median():.2f}",
            "range": f"{t.min():.2f} – {t.max():.2f}",
        }
        for call, t in times
    )


def main() -> None:
    """Time all calls in turns and write the data."""
    with tempfile.TemporaryDirectory() as work:
        run = Path(work) / "run"
        train(run, ["model=gru", "data=demo", "data.demo_sizes=[300,100]", "trainer.max_epochs=1"])
        rows = [
            {"call": call, "repeat": repeat, "seconds": round(seconds(*arguments), 3)}
            for repeat in range(1, REPEATS + 1)
            for call, arguments in calls(run).items()
        ]
    pd.DataFrame(rows).to_csv(DATA, index=False)
    print(table_of_seconds())


if __name__ == "__main__":
    main()
