"""A run folder as a stranger would send it: changed at will, and its manifest made to fit."""

from __future__ import annotations

import json
import shutil
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from omegaconf import OmegaConf

from rnn_sentiment import manifest, runs
from rnn_sentiment.configuration import compose, validate
from rnn_sentiment.inference import Predictor
from rnn_sentiment.inspection import vectors
from rnn_sentiment.mistakes import explain, is_mistake
from rnn_sentiment.report.contents import make_report
from rnn_sentiment.report.loading import load
from rnn_sentiment.report.perturbations import perturbations_section
from rnn_sentiment.report.slice_section import slices_section
from rnn_sentiment.training.classification import fit_and_test
from rnn_sentiment.training.rescoring import rescore
from rnn_sentiment.training.run import resumed_config

FLOW = {"epochs": [0, 1], "distance": [1, 2], "norm": [[0.5, 0.25], [0.5, 0.25]]}
PERTURBED = {
    "row_id": ["a-0", "b-0"], "perturbation": ["typing errors"] * 2, "turns": [False] * 2,
    "before": [0, 1], "after": [0, 0],
}  # fmt: skip


@pytest.fixture(scope="session")
def complete(finished_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with every file that a run can have."""
    folder = tmp_path_factory.mktemp("complete") / "run"
    nobody_reads = shutil.ignore_patterns("tensorboard", "curves.png", "*.log")
    shutil.copytree(finished_run, folder, ignore=nobody_reads)
    (folder / "gradient_flow.json").write_text(json.dumps(FLOW))
    pd.DataFrame(PERTURBED).to_parquet(folder / "perturbations.parquet")
    manifest.seal(folder)
    return folder


@pytest.fixture
def run_folder(complete: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(complete, tmp_path / "run"))


def predict(folder: Path) -> Any:
    return Predictor.load(folder)(["a fine film", "dull"])


def evaluate(folder: Path) -> Any:
    return rescore(folder)


def neighbours(folder: Path) -> Any:
    return [table.nearest("the") for table in vectors.of_run(folder)]


def report(folder: Path) -> Any:
    found, left_out = load([folder])
    comparisons = make_report([folder]).comparisons if found else ()
    sections = slices_section(comparisons), perturbations_section(comparisons)
    pages = [section.html for section in sections if section]
    return [(run.results, run.test, run.gradient_flow, pages) for run in found], left_out


def resume(folder: Path) -> Any:
    """Continue the run, as if it had been stopped before it was scored."""
    (folder / "results.json").unlink()
    manifest.seal(folder)
    cfg = compose()
    cfg.resume = str(folder)
    cfg.name = "run"
    stored = resumed_config(folder, cfg, [])
    validate(stored)
    stored.callbacks.progress_bar = None
    with runs.claim(folder, resume=True), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Lightning's, of small data and of a folder in use
        return fit_and_test(stored, folder)


READERS: dict[str, Callable[[Path], Any]] = {
    "predict": predict,
    "evaluate": evaluate,
    "neighbours": neighbours,
    "report": report,
    "resume": resume,
}


def outcome(reader: Callable[[Path], Any], folder: Path) -> tuple[str, Any]:
    """What a reader says of a run: `answer` and it, or `refused` and the line."""
    try:
        return "answer", reader(folder)
    except Exception as error:
        if not is_mistake(error):
            raise
        line = explain(error)
        assert "\n" not in line
        return "refused", line


def refusal(reader: Callable[[Path], Any], folder: Path) -> str:
    kind, line = outcome(reader, folder)
    assert kind == "refused", line
    return str(line)


def same(a: Any, b: Any) -> bool:
    """Whether two answers are equal, NaN to itself."""
    return repr(a) == repr(b) or (isinstance(a, np.ndarray) and np.array_equal(a, b))


def change_json(file: Path, change: Callable[[Any], Any]) -> None:
    """Rewrite a JSON file of a run, and seal the run as its author could."""
    stated = json.loads(file.read_text())
    changed = change(stated)
    file.write_text(json.dumps(stated if changed is None else changed))
    manifest.seal(file.parent)


def change_config(folder: Path, key: str, value: Any) -> None:
    """Put a value into a run's configuration, and seal the run as its author could."""
    file = folder / manifest.CONFIG
    cfg = OmegaConf.load(file)
    OmegaConf.update(cfg, key, value, merge=False, force_add=True)
    OmegaConf.save(cfg, file)
    manifest.seal(folder)


def change_checkpoint(folder: Path, change: Callable[[dict[str, Any]], Any], name: str) -> None:
    """Rewrite a checkpoint of a run, and seal the run as its author could."""
    file = folder / "checkpoints" / name
    checkpoint = torch.load(file, weights_only=True)
    changed = change(checkpoint)
    torch.save(checkpoint if changed is None else changed, file)
    manifest.seal(folder)


@pytest.fixture(scope="session")
def warm(complete: Path, cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Read a run in every way once, so that all is imported, compiled and in the cache."""
    for name, reader in READERS.items():
        folder = tmp_path_factory.mktemp(name) / "run"
        shutil.copytree(complete, folder)
        kind, answer = outcome(reader, folder)
        assert kind == "answer", answer
    return complete
