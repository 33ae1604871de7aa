"""Where models fail: accuracy in slices of the test part, and answers to changed texts.

    python -m benchmarks.accuracy.robust NAME FOLDER ...

Breaks down finished runs on one corpus, such as those that `benchmarks.accuracy.models demo`
leaves in `runs/models-demo/`. Runs that have no answers to changed texts yet give them first.
Writes `robust-NAME-slices.csv` and `robust-NAME-perturbations.csv`: the tables of the report, a
row for each architecture and part.
"""

from __future__ import annotations

import argparse
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.markdown import table
from rnn_sentiment.inference.perturbing import perturb
from rnn_sentiment.manifest import PERTURBATIONS
from rnn_sentiment.report.contents import make_report
from rnn_sentiment.report.folders import run_folders
from rnn_sentiment.report.perturbations import perturbations_section
from rnn_sentiment.report.slice_section import slices_section

HERE = Path(__file__).parent
SECTIONS = {"slices": slices_section, "perturbations": perturbations_section}


def table_of(name: str, section: str) -> str:
    """A line for each architecture, a column for each slice or perturbation."""
    rows = pd.read_csv(HERE / f"robust-{name}-{section}.csv")
    figure = rows.columns[list(rows.columns).index("from") - 1]
    lines: dict[str, dict[str, object]] = {}
    for row in rows.to_dict("records"):
        line = lines.setdefault(str(row["architecture"]), {"": row["architecture"]})
        line[f"{row[section]} ({row['texts']:,})"] = cell(row, figure)
    return table(lines.values())


def cell(row: Mapping[Hashable, Any], figure: str) -> str:
    """A share in percent, and its interval or that of the figure beside it."""
    if figure == "consistency":
        low, high = max(row["from"], 0), min(row["to"], 100)
        return f"{row['percent']:.1f} [{low:.1f}, {high:.1f}]"
    return f"{row['percent']:.1f} ({row[figure]:+.1f} [{row['from']:+.1f}, {row['to']:+.1f}])"


def main() -> None:
    """Perturb and break down the runs, and write the data."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name")
    parser.add_argument("folders", nargs="+", type=Path)
    given = parser.parse_args()
    for folder in run_folders(given.folders):
        if not (folder / PERTURBATIONS).exists():
            perturb(folder)
    comparisons = make_report(given.folders).comparisons
    for name, make in SECTIONS.items():
        section = make(comparisons)
        assert section is not None, f"there are no {name}"
        section.table.to_csv(HERE / f"robust-{given.name}-{name}.csv", index=False)
        print(table_of(given.name, name))


if __name__ == "__main__":
    main()
