"""Runs of a measurement: finished ones are read, others are trained."""

from __future__ import annotations

import importlib
import subprocess

import pytest

from benchmarks.runs import train
from benchmarks.tables import ROOT

# Stands in for training: refuses a folder that is there, and writes its status and threads.
PROGRAM = """
import json, os, pathlib, sys
folder = pathlib.Path(sys.argv[1].removeprefix("hydra.run.dir="))
folder.mkdir()
if sys.argv[2] != "stopped":
    found = {"status": sys.argv[2], "threads": os.environ["OMP_NUM_THREADS"]}
    (folder / "results.json").write_text(json.dumps(found))
sys.exit(sys.argv[2] != "completed")
"""


def test_a_finished_run_is_not_repeated(tmp_path):
    for _ in range(2):
        found = train(tmp_path / "run", ["completed"], threads=1, program=("-c", PROGRAM))
        assert found == {"status": "completed", "threads": "1"}


@pytest.mark.parametrize("end", ["failed", "stopped"])
def test_a_run_without_an_end_is_an_error_and_is_trained_again(end, tmp_path):
    with pytest.raises(subprocess.CalledProcessError):
        train(tmp_path / "run", [end], program=("-c", PROGRAM))
    assert (tmp_path / "run").is_dir()
    found = train(tmp_path / "run", ["completed"], program=("-c", PROGRAM))
    assert found["status"] == "completed"


@pytest.mark.parametrize(
    "file", sorted((ROOT / "benchmarks").rglob("*.py")), ids=lambda file: file.stem
)
def test_every_script_can_be_imported(file):
    if file.stem.endswith("_keras"):  # which another Python runs
        pytest.importorskip("keras")
    importlib.import_module(".".join(file.relative_to(ROOT).with_suffix("").parts))
