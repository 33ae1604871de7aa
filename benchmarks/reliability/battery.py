"""What becomes of runs whose machine fails, and of inputs that are bad.

    python -m benchmarks.reliability.battery [tests/faults/test_signals.py ...]

Runs every test that is marked with the row of a table beside this file, as in
`@pytest.mark.fault("a11")`. Writes `battery.csv`: a line for each row and test. With files of
tests, only those run, and the lines of the others stay.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd

from benchmarks.markdown import table

HERE = Path(__file__).parent
DATA = HERE / "battery.csv"
ROWS = {name: HERE / f"{name}.csv" for name in ("faults", "inputs", "determinism")}
PYTEST = (sys.executable, "-m", "pytest", "-q", "-n", "2", "--dist", "worksteal", "-m", "fault")
OUTCOMES = {"failure": "failed", "error": "failed", "skipped": "skipped"}


def outcomes(junit: Path) -> Iterator[dict[str, object]]:
    """The rows of the tests in a report of pytest, and what became of them."""
    for case in ElementTree.parse(junit).iter("testcase"):
        found = [OUTCOMES[child.tag] for child in case if child.tag in OUTCOMES]
        for mark in case.iterfind("properties/property[@name='fault']"):
            yield {
                "row": mark.attrib["value"],
                "test": f"{case.attrib['classname']}::{case.attrib['name']}",
                "outcome": found[0] if found else "held",
                "seconds": round(float(case.attrib["time"]), 1),
            }


def summary(tests: pd.DataFrame) -> str:
    """What became of the tests of one row."""
    if tests.empty:
        return "no test"
    counts = tests["outcome"].value_counts()
    return ", ".join(
        outcome if count == len(tests) else f"{count} {outcome}"
        for outcome, count in counts.items()
    )


def table_of(name: str) -> str:
    """The rows of one part of the battery with their outcomes."""
    found = pd.read_csv(DATA)
    lines = []
    for entry in pd.read_csv(ROWS[name]).itertuples():
        tests = found[found["row"] == entry.row]
        lines.append(
            {
                "row": entry.row,
                "fault": entry.fault,
                "injected": entry.injected,
                "expected": entry.expected,
                "tests": len(tests),
                "outcome": summary(tests),
                "s": f"{tests['seconds'].sum():.0f}",
            }
        )
    return table(lines)


TABLES = {f"reliability/{name}": partial(table_of, name) for name in ROWS}


def of_files(tests: pd.Series, files: Sequence[str]) -> pd.Series:
    """Which tests, by their names in the data, are in some files."""
    modules = [file.removesuffix(".py").replace("/", ".") for file in files]
    return tests.str.partition("::")[0].isin(modules)


def main() -> None:
    """Run the tests, write the data, and exit as pytest does."""
    files = sys.argv[1:]
    with tempfile.TemporaryDirectory() as work:
        junit = Path(work) / "junit.xml"
        done = subprocess.run(
            [*PYTEST, f"--junitxml={junit}", *files],
            check=False,
        )
        rows = pd.DataFrame(outcomes(junit))
    if files:
        before = pd.read_csv(DATA)
        rows = pd.concat([before[~of_files(before["test"], files)], rows])
    order = rows["row"].str.extract(r"(\D+)(\d+)").astype({1: int})
    rows = rows.assign(part=order[0], number=order[1])
    rows = rows.sort_values(["part", "number", "test"]).drop(columns=["part", "number"])
    rows.to_csv(DATA, index=False)
    for name in ROWS:
        print(f"\n{table_of(name)}")
    sys.exit(done.returncode)


if __name__ == "__main__":
    main()
