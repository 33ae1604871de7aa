"""The tests for CUDA devices, and how each of them ended."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).parents[2]


def run_tests(device: str) -> list[dict[str, object]]:
    """Run `tests/cuda` on a device, `cuda` or `cpu`, and answer with a row for each test."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "tests.xml"
        command = [
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/cuda"),
            *("-m", "cuda" if device == "cuda" else "not cuda", f"--junitxml={file}"),
        ]
        environment = os.environ | ({"RNN_SENTIMENT_REHEARSE": "1"} if device == "cpu" else {})
        subprocess.run(command, cwd=ROOT, env=environment, check=False)  # failures are results
        return outcomes(file.read_text())


def outcomes(xml: str) -> list[dict[str, object]]:
    """The rows of a report in JUnit's format: test, outcome, seconds, first line of the reason."""
    rows = []
    for case in ElementTree.fromstring(xml).iter("testcase"):
        ends = [child for child in case if child.tag in ("failure", "error", "skipped")]
        reason = (ends[0].get("message") or "").splitlines() if ends else []
        rows.append(
            {
                "test": f"{case.get('classname', '').rpartition('.')[2]}: {case.get('name')}",
                "outcome": ends[0].tag if ends else "passed",
                "seconds": float(case.get("time", 0)),
                "reason": reason[0] if reason else "",
            }
        )
    return rows
