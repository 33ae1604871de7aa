"""How long commands take to answer.

    python -m benchmarks.speed.startup

Times `--help` of every command, a mistyped key, the prediction of one text with a small run that is
trained first, and a whole first training on the demo corpus, with an empty cache, so that it makes
the corpus and compiles the kernels: each `REPEATS` times as a process of its own. Writes
`startup.csv`, a row for each call.
"""

from __future__ import annotations

import os
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
COMMANDS = (
    *("train", "pretrain", "check", "evaluate", "predict", "export", "neighbours", "perturb"),
    *("seal", "report", "explain", "serve"),
)
FIRST = "train data=demo"


def calls(run: Path) -> dict[str, list[str]]:
    """What is timed: a name, and the arguments of `python -m rnn_sentiment.`."""
    return {
        **{f"{name} --help": [name, "--help"] for name in COMMANDS},
        "train modle=gru": ["train", "modle=gru"],
        "predict one text": ["predict", f"run={run}", "A quiet, honest film."],
        FIRST: FIRST.split(),
    }


def seconds(call: str, arguments: list[str]) -> float:
    """Time one call from its start to its end."""
    with tempfile.TemporaryDirectory() as work:
        empty = {"RNN_SENTIMENT_CACHE": work} if call == FIRST else {}
        started = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", f"rnn_sentiment.{arguments[0]}", *arguments[1:]],
            capture_output=True, check=False, cwd=work, env=os.environ | empty,
        )  # fmt: skip
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
            {"call": call, "repeat": repeat, "seconds": round(seconds(call, arguments), 3)}
            for repeat in range(1, REPEATS + 1)
            for call, arguments in calls(run).items()
        ]
    pd.DataFrame(rows).to_csv(DATA, index=False)
    print(table_of_seconds())


if __name__ == "__main__":
    main()
