"""Every notebook runs from top to bottom, offline, on the demo corpus."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest
from jupyter_client import AsyncKernelManager
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))


LONG = ("2_inside_an_rnn", "3_word_vectors", "4_the_shootout")


@pytest.mark.slow
@pytest.mark.parametrize(
    "file",
    [
        pytest.param(file, id=file.stem, marks=[pytest.mark.battery] * (file.stem in LONG))
        for file in NOTEBOOKS
    ],
)
def test_a_notebook_runs(file, environment, preloaded_python, tmp_path, monkeypatch):
    for name in ("DATA", "GLOVE", "RUNS"):
        monkeypatch.delenv(name, raising=False)
    for name, value in (environment | {"HF_HUB_OFFLINE": "1"}).items():
        monkeypatch.setenv(name, value)
    notebook = nbformat.read(file, as_version=4)
    for cell in notebook.cells:  # less to read and to train, so less to wait for
        source = re.sub(r"demo_sizes=\[\d+,\d+\]", "demo_sizes=[300,200]", cell.source)
        cell.source = re.sub(r"max_epochs=\d+", "max_epochs=1", source)

    class Preloaded(AsyncKernelManager):
        def format_kernel_cmd(self, extra_arguments: list[str] | None = None) -> list[str]:
            return [str(preloaded_python), *super().format_kernel_cmd(extra_arguments)[1:]]

    NotebookClient(
        notebook,
        timeout=300,
        kernel_manager_class=Preloaded,
        resources={"metadata": {"path": str(tmp_path)}},
    ).execute()


@pytest.mark.parametrize("file", NOTEBOOKS, ids=[file.stem for file in NOTEBOOKS])
def test_a_notebook_is_committed_with_its_outputs(file):
    cells = [c for c in nbformat.read(file, as_version=4).cells if c.cell_type == "code"]
    assert all(cell.execution_count for cell in cells)
    assert any(cell.outputs for cell in cells)
    for output in (o for cell in cells for o in cell.outputs):
        assert output.output_type != "error"
        assert output.get("name") != "stderr"
