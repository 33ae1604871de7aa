"""What is measured on CUDA devices, rehearsed on the CPU."""

from __future__ import annotations

import json

import pandas as pd
import pytest
import torch

from benchmarks.gpu import checks, report, steps

XML = """<testsuites><testsuite>
<testcase classname="tests.cuda.test_sweeps" name="test_a[gru]" time="1.5"/>
<testcase classname="tests.cuda.test_sweeps" name="test_b" time="0"><failure message="no&#10;more"/>
</testcase>
</testsuite></testsuites>"""


def test_outcomes_of_tests_are_read():
    assert checks.outcomes(XML) == [
        {"test": "test_sweeps: test_a[gru]", "outcome": "passed", "seconds": 1.5, "reason": ""},
        {"test": "test_sweeps: test_b", "outcome": "failure", "seconds": 0.0, "reason": "no"},
    ]


@pytest.mark.battery
def test_a_step_and_the_bare_passes_are_timed():
    small = steps.Shape(batch=2, steps=4, vocabulary=20, embedded=4, hidden=4)
    row = steps.measure("cpu", "gru", "32-true", small, num_steps=10)
    assert row["step_ms"] > row["bare_ms"] > 0
    assert row["kernels"]
    assert "bare_ms" not in steps.measure("cpu", "lru", "bf16-mixed", small, num_steps=10)


def test_the_report_says_what_was_found(tmp_path):
    pd.DataFrame(checks.outcomes(XML)).to_csv(tmp_path / "tests.csv", index=False)
    step = {"precision": "16-mixed", "step_ms": 2.0}
    timed = [
        {"model": "gru", **step, "bare_ms": 1.6, "ratio": 1.25, "kernels": "persistent"},
        {"model": "lru", **step},
    ]
    pd.DataFrame(timed).to_csv(tmp_path / "steps.csv", index=False)
    run = {"seconds_per_epoch": 1, "tokens_per_second": 1e6, "peak_mib": 900}
    runs = [{"model": "gru", "test_accuracy": accuracy, **run} for accuracy in (0.88, 0.9)]
    pd.DataFrame(runs).to_csv(tmp_path / "capstone.csv", index=False)
    facts = report.environment("cpu") | {"jobs": 5, "capstone_seconds": 90.0}
    (tmp_path / "environment.json").write_text(json.dumps(facts))
    text = report.page(tmp_path)
    for expected in (
        "1 passed, 1 failure.",
        "- failure: test_sweeps: test_b: no",
        "| gru | 16-mixed | 2.00 | 1.60 | 1.25 |",
        "- gru: persistent",
        "2 runs, 5 at once, in 1.5 minutes",
        "| gru | 2 | 89.00 ± 1.41 | 1.0 | 1,000,000 | 900 |",
    ):
        assert expected in text


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a device")
def test_without_a_device_nothing_is_measured(tmp_path):
    with pytest.raises(SystemExit, match="there is no CUDA device here"):
        report.main(["--out", str(tmp_path / "out")])
    assert not (tmp_path / "out").exists()
