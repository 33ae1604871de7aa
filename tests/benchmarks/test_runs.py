"""Runs of a measurement: finished ones are read, others are trained."""

from __future__ import annotations

import importlib
import subprocess

import pytest

from benchmarks.runs import read, train
from benchmarks.tables import ROOT

# Stands in for training: writes its status, threads and how often it was started.
PROGRAM = """
import json, os, pathlib, sys
folder = pathlib.Path(sys.argv[1].removeprefix("hydra.run.dir="))
folder.mkdir(exist_ok=True)
file = folder / "results.json"
starts = json.loads(file.read_text())["starts"] + 1 if file.exists() else 1
threads = os.environ["OMP_NUM_THREADS"]
file.write_text(json.dumps({"status": sys.argv[2], "starts": starts, "threads": threads}))
sys.exit(sys.argv[2] != "completed")
"""


def test_a_finished_run_is_not_repeated(tmp_path):
    for _ in range(2):
        found = train(tmp_path / "run", ["completed"], threads=1, program=("-c", PROGRAM))
        assert found == {"status": "completed", "starts": 1, "threads": "1"}


def test_a_failed_run_is_an_error_and_is_trained_again(tmp_path):
    with pytest.raises(subprocess.CalledProcessError):
        train(tmp_path / "run", ["failed"], program=("-c", PROGRAM))
    assert read(tmp_path / "run" / "results.json")["status"] == "failed"
    assert train(tmp_path / "run", ["completed"], program=("-c", PROGRAM))["starts"] == 2


@pytest.mark.parametrize(
    "file", sorted((ROOT / "benchmarks").rglob("*.py")), ids=lambda file: file.stem
)
def test_every_script_can_be_imported(file):
    if file.stem.endswith("_keras"):  # which another Python runs
        pytest.importorskip("keras")
    importlib.import_module(".".join(file.relative_to(ROOT).with_suffix("").parts))
