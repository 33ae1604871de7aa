"""Two processes do what one does, and the first of several keeps the run folder."""

from __future__ import annotations

import pytest
from pandas.testing import assert_frame_equal

from tests.conftest import TINY
from tests.training.folders import predictions, results

pytestmark = pytest.mark.slow


@pytest.mark.fault("e1")
def test_two_processes_equal_one_and_say_everything_once(run, run_fresh, tmp_path):
    command = [
        "train", "model=gru", "data.demo_sizes=[300,200]", *TINY, "model.hidden_size=8",
        "model.dropout=0", "embedding.dropout=0", "embedding.word_dropout=0",
    ]  # fmt: skip
    nowhere = {"HF_ENDPOINT": "http://127.0.0.1:9"}
    one = run(*command, "hydra.run.dir=one", **nowhere)
    assert one.returncode == 0, one.stderr
    two = run_fresh(*command, "hydra.run.dir=two", "trainer=ddp", **nowhere)
    assert two.returncode == 0, two.stderr
    found = [predictions(tmp_path / name) for name in ("one", "two")]
    assert_frame_equal(*found, rtol=1e-3, atol=1e-4)
    said = two.stdout + two.stderr
    assert said.count("gru on the demo corpus: ") == 1
    assert said.count("This is the demo corpus, not IMDB") == 2  # before training and after it


@pytest.mark.battery
def test_the_first_process_of_torchrun_keeps_the_run_folder(run, corpus, tmp_path):
    first = {"RANK": "0", "LOCAL_RANK": "0", "GROUP_RANK": "0", "WORLD_SIZE": "1",
             "LOCAL_WORLD_SIZE": "1", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "0"}  # fmt: skip
    done = run(
        "train", "model=bag", f"data.path={corpus}", *TINY, "hydra.run.dir=run", **first
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert results(tmp_path / "run")["status"] == "completed"
    assert (tmp_path / "run" / ".hydra" / "config.yaml").exists()
