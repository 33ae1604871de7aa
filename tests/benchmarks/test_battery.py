"""The battery's rows, the tests that name them, and what became of those."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pandas as pd

from benchmarks.reliability import battery
from benchmarks.tables import ROOT

TESTS = ROOT / "tests"
MARK = re.compile(r"mark\.fault\(([^)]*)\)")


def named() -> Counter[str]:
    """The rows that tests name, and by how many marks."""
    marks = [
        found for file in TESTS.rglob("test_*.py") if file != Path(__file__)
        for found in MARK.findall(file.read_text())
    ]  # fmt: skip
    return Counter(row for mark in marks for row in re.findall(r'"(\w+)"', mark))


def rows() -> list[str]:
    return [row for file in battery.ROWS.values() for row in pd.read_csv(file)["row"]]


def test_every_row_has_a_test_and_every_mark_a_row():
    assert not [row for row, count in Counter(rows()).items() if count > 1]
    assert set(rows()) == set(named())


def test_the_table_holds_an_outcome_of_every_row():
    assert set(pd.read_csv(battery.DATA)["row"]) == set(rows())


JUNIT = """<testsuites><testsuite>
  <testcase classname="tests.a" name="test_one[x]" time="1.26">
    <properties><property name="fault" value="a1"/><property name="fault" value="a2"/></properties>
  </testcase>
  <testcase classname="tests.a" name="test_two" time="0.5">
    <properties><property name="fault" value="a1"/></properties><failure message="no"/>
  </testcase>
  <testcase classname="tests.a" name="test_other" time="9"/>
</testsuite></testsuites>"""


def test_outcomes_are_read_from_a_report_of_pytest(tmp_path):
    (tmp_path / "junit.xml").write_text(JUNIT)
    found = pd.DataFrame(battery.outcomes(tmp_path / "junit.xml"))
    assert found.to_numpy().tolist() == [
        ["a1", "tests.a::test_one[x]", "held", 1.3],
        ["a2", "tests.a::test_one[x]", "held", 1.3],
        ["a1", "tests.a::test_two", "failed", 0.5],
    ]
    assert battery.summary(found[found["row"] == "a1"]) == "1 held, 1 failed"
    assert battery.summary(found[found["row"] == "a2"]) == "held"
    assert battery.summary(found[found["row"] == "a9"]) == "no test"


def test_the_tests_of_a_file_are_known_by_their_names():
    tests = pd.Series(["tests.a.test_b::test_c[x/y]", "tests.a.test_bb::test_c", "tests.test_b::d"])
    found = battery.of_files(tests, ["tests/a/test_b.py"])
    assert found.tolist() == [True, False, False]
