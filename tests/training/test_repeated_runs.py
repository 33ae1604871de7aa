"""Whole runs repeat: from the same seed, after a stop, and from a stream."""

from __future__ import annotations

import signal
import subprocess
import time

import pytest
from pandas.testing import assert_frame_equal

from tests.conftest import TINY
from tests.training.folders import predictions, results

pytestmark = pytest.mark.slow


@pytest.mark.fault("c1")
@pytest.mark.battery
def test_the_same_seed_gives_the_same_bits_and_another_seed_does_not(
    train, train_fresh, finished_run
):
    first, second = finished_run, train_fresh("b", "model.hidden_size=8")
    assert_frame_equal(predictions(first), predictions(second), check_exact=True)
    assert results(first)["test"] == results(second)["test"]
    other = train("c", "model.hidden_size=8", "seed=2")
    assert not predictions(first)["logit"].equals(predictions(other)["logit"])


@pytest.mark.fault("a5", "c3")
def test_a_resumed_run_equals_an_uninterrupted_one(
    train, run, corpus, tmp_path, environment, preloaded_python
):
    options = ["model.hidden_size=8", "trainer.max_epochs=6", "callbacks.early_stopping.patience=9"]
    whole = train("whole", *options)
    stopped = tmp_path / "stopped"
    process = subprocess.Popen(
        [
            str(preloaded_python),
            "-m",
            "rnn_sentiment.train",
            "model=gru",
            f"data.path={corpus}",
            *TINY,
            *options,
            f"hydra.run.dir={stopped}",
        ],
        env=environment,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    while not (stopped / "checkpoints" / "last.ckpt").exists():
        assert process.poll() is None, process.stderr
        time.sleep(0.02)
    process.send_signal(signal.SIGTERM)
    error = process.communicate(timeout=300)[1]
    if process.returncode == 0:
        pytest.skip("the run ended before the signal came")
    assert process.returncode == 128 + signal.SIGTERM
    assert f"resume={stopped}" in error
    assert results(stopped)["status"] == "interrupted"

    resumed = run("train", f"resume={stopped}")
    assert resumed.returncode == 0, resumed.stderr
    assert_frame_equal(predictions(stopped), predictions(whole), check_exact=True)
    assert results(stopped)["test"] == results(whole)["test"]
    assert len(results(stopped)["history"]) == 6
    again = run("train", f"resume={stopped}")
    assert again.returncode == 2
    assert "is complete" in again.stderr


@pytest.mark.battery
def test_a_streamed_run_tests_the_same_rows_and_is_scored_again(train, run, tmp_path):
    folder = train("streamed", "data.streaming=true", model="bag")
    found = results(folder)
    assert found["data"]["streaming"]
    assert found["data"]["unknown_share"]["train"] >= 0
    assert_frame_equal(
        predictions(folder).drop(columns=["logit", "probability", "predicted"]),
        predictions(train("stored", model="bag")).drop(
            columns=["logit", "probability", "predicted"]
        ),
    )
    assert "identical to results.json" in run("evaluate", f"run={folder}").stdout
