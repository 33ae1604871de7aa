"""Where and when a run takes place decides nothing of what it gives."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pandas.testing import assert_frame_equal

from rnn_sentiment.checkpoints import load_checkpoint
from rnn_sentiment.classifier import Classifier
from rnn_sentiment.errors import Interrupted
from tests.conftest import TINY, Command, caller
from tests.data.modules import make_data
from tests.training.folders import predictions, results
from tests.training.test_resume import (
    MODELS,
    STEPS,
    assert_same_runs,
    configuration,
    kill,
    train,
)

GRU = ("model=gru", "model.hidden_size=8")
SCORES = ("validation", "test", "test_deduplicated", "history")
TIMES = ("train/tokens_per_second", "train/epoch_seconds")


def scores(folder: Path) -> dict[str, Any]:
    found = {name: results(folder)[name] for name in SCORES}
    for row in (*found["history"], found["validation"]):
        for name in TIMES:
            row.pop(name, None)
    return found


def assert_same_results(one: Path, other: Path) -> None:
    """Weights, scores and predictions, to the last bit."""
    a, b = (
        load_checkpoint(each / "checkpoints" / "best.ckpt")["state_dict"] for each in (one, other)
    )
    assert set(a) == set(b)
    assert all(np.array_equal(a[name].numpy(), b[name].numpy()) for name in a)
    assert scores(one) == scores(other)
    assert_frame_equal(predictions(one), predictions(other), check_exact=True)


@pytest.fixture
def turkish(tmp_path: Path) -> dict[str, str]:
    """A locale in which the capital of `i` is not `I`; the plain C one where there is no other."""
    made = shutil.which("localedef") and subprocess.run(
        ["localedef", "-i", "tr_TR", "-f", "UTF-8", tmp_path / "tr_TR.UTF-8"], capture_output=True
    )
    if made and not made.returncode:
        return {"LOCPATH": str(tmp_path), "LC_ALL": "tr_TR.UTF-8"}
    return {"LC_ALL": "C"}


@pytest.mark.battery
@pytest.mark.fault("a25", "c1")
def test_another_process_folder_locale_and_zone(
    corpus, finished_run, environment, turkish, tmp_path
):
    (tmp_path / "elsewhere").mkdir()
    environment |= {"PYTHONHASHSEED": "7", "TZ": "Pacific/Apia", **turkish}
    run = caller(Path(sys.executable), environment, tmp_path / "elsewhere")
    there = os.path.relpath(corpus, tmp_path / "elsewhere")
    done = run("train", *GRU, f"data.path={there}", *TINY, "hydra.run.dir=../run")
    assert done.returncode == 0, done.stderr
    assert_same_results(finished_run, tmp_path / "run")


@pytest.mark.battery
@pytest.mark.fault("c5")
def test_a_job_of_a_sweep(corpus, finished_run, run: Command, tmp_path):
    done = run(
        "train", "-m", *GRU, f"data.path={corpus}", *TINY, "seed=3,1", "sweep.report=false",
        "hydra.sweep.dir=sweep",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert_same_results(finished_run, tmp_path / "sweep" / "seed=1")


def digests(data: Any) -> list[str]:
    """A hash of each batch of two epochs."""
    loader, found = data.train_dataloader(), []
    for epoch in range(2):
        loader.set_epoch(epoch)
        for batch in loader:
            found.append(hashlib.sha256(batch.tokens.numpy().tobytes()).hexdigest())
    return found


@pytest.mark.battery
@pytest.mark.fault("c2")
@pytest.mark.parametrize("num_workers", [1, 2])
def test_another_number_of_data_workers(num_workers, corpus, cache):
    alone, helped = (
        digests(make_data(corpus, cache, streaming=True, batch_size=32, num_workers=count))
        for count in (0, num_workers)
    )
    assert alone == helped


@pytest.mark.battery
@pytest.mark.fault("c2")
@pytest.mark.filterwarnings("ignore:Checkpoint directory .* exists")
def test_another_number_of_data_workers_on_resuming(corpus, cache, tmp_path, monkeypatch):
    cfg = configuration(corpus, cache, *MODELS["gru"], "data.streaming=true", "data.num_workers=0")
    train(cfg, tmp_path / "whole")
    with monkeypatch.context() as patched:
        kill(patched, Classifier, "training_step", STEPS + 1)
        with pytest.raises(Interrupted):
            train(cfg, tmp_path / "run")
    cfg.data.num_workers = 2
    train(cfg, tmp_path / "run", resume=True)
    assert_same_runs(tmp_path / "whole", tmp_path / "run")
