"""Write docs/lectures.md: its numbers come from the committed data, its words from story.md.jinja.

    python -m benchmarks.tables

writes it together with the tables of all documents. In the template, `accuracy("capstone_lstm")` is
mean ± standard deviation over seeds, `found("003-e")` the figure and interval of a claim's first
test, `found("003-c", 1)` that of its second, and `number(...)` how many claims have an outcome.
"""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
from jinja2 import Environment, StrictUndefined

from benchmarks.lectures import experiments
from benchmarks.markdown import mean_and_sd
from rnn_sentiment.lectures.claims import load_claims
from rnn_sentiment.report.stability import COLLAPSE

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "lectures.md"
DEAD = re.compile(r"(\d+) % of the test texts got the same probability.*as from dead units")


def story() -> str:
    """The page, with empty tables."""
    environment = Environment(undefined=StrictUndefined, keep_trailing_newline=True)
    template = environment.from_string((HERE / "story.md.jinja").read_text())
    claims = pd.read_csv(HERE / "tables" / "claims.csv", dtype=str)
    runs = experiments.read()
    pairs = pd.read_csv(HERE / "tables" / "differences.csv").set_index(["A", "B"])

    def accuracy(run: str, column: str = "test_accuracy", digits: int = 1) -> str:
        """Mean ± standard deviation of a column of experiments.csv, in percent."""
        return mean_and_sd(100 * runs[run][column], digits)

    def mean(run: str, column: str, digits: int = 0) -> str:
        """Mean of a column of experiments.csv that is a share, in percent."""
        return f"{100 * runs[run][column].mean():.{digits}f}"

    def found(claim: str, test: int = 0, digits: int = 1, bare: bool = False) -> str:
        """A test's figure, with its interval unless it is to be `bare`."""
        row = claims[claims["claim"] == claim].iloc[test]
        numbers = (f"{float(row[name]):.{digits}f}" for name in ("value", "from", "to"))
        value, low, high = (number.replace("-", "−") for number in numbers)
        return value if bare else f"{value} [{low}, {high}]"

    def parameters(run: str) -> str:
        """Parameters, counted as in Keras."""
        return f"{runs[run]['parameters'].iloc[0]:,}"

    def times(a: str, b: str, column: str) -> str:
        """How many times as large a column's median is in one run as in another."""
        return f"{runs[a][column].median() / runs[b][column].median():.0f}"

    def collapsed(run: str) -> str:
        """Seeds more than five points below the median."""
        values = runs[run]["test_accuracy"]
        return f"{(values < values.median() - COLLAPSE).sum()} of {len(values)}"

    def cost(claim: str) -> str:
        """What settling a claim would take."""
        return next(one.cost for one in load_claims() if one.id == claim)

    def number(verdict: str) -> int:
        """How many claims have an outcome."""
        return int((claims.drop_duplicates("claim")["verdict"] == verdict).sum())

    def seconds(run: str) -> str:
        """Median seconds an epoch."""
        return f"{runs[run]['seconds_per_epoch'].median():.1f}"

    def lead(a: str, b: str) -> str:
        """A pair of the report: points and their interval."""
        line = pairs.loc[(a, b)]
        return f"{line['A − B, points']:.1f} [{line['from']:.1f}, {line['to']:.1f}]"

    words = pd.read_parquet(HERE / "predictions.parquet", columns=["length 0"]).median().item()
    dead = [int(share) for share in DEAD.findall((HERE / "report.md").read_text())]
    ordered = pd.read_csv(HERE.parent / "accuracy" / "order.csv")
    in_order, shuffled = (
        ordered.query("model == 'lstm' and shuffled == @how")["test_accuracy"].mean()
        for how in (False, True)
    )
    return template.render(
        accuracy=accuracy, mean=mean, found=found, number=number, seconds=seconds, lead=lead,
        parameters=parameters, times=times, collapsed=collapsed, cost=cost,
        num_runs=sum(map(len, runs.values())), order_on_demo=f"{100 * (in_order - shuffled):.1f}",
        words=int(words), dead=f"{min(dead)} to {max(dead)}",
    )  # fmt: skip
