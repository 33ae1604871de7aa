"""The launcher: what a sweep varies, where its jobs run, and whole sweeps as a user runs them."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time

import hydra
import pytest
from hydra.core.global_hydra import GlobalHydra
from hydra.errors import HydraException
from hydra.utils import get_class

from rnn_sentiment.configuration import CONF, compose, validate
from rnn_sentiment.errors import UserError
from rnn_sentiment.mistakes import explain
from rnn_sentiment.sweeps.launch import fixed_overrides, last_overrides
from tests.conftest import TINY, Command

pytestmark = pytest.mark.slow


def test_the_command_line_replaces_what_a_sweep_varies():
    assert last_overrides(["model=gru", "seed=1", "seed=7"]) == ("model=gru", "seed=7")
    assert last_overrides(["+a=1", "a=2"]) == ("a=2",)


def test_what_no_sweep_varies_is_known_as_hydra_writes_it():
    given = ["model=gru", "seed=1,2", "data.masked=false", "+a=[1,2]"]
    as_written = {"model=gru", "data.masked=False", "+a=[1,2]"}
    assert fixed_overrides(given) == as_written | {"data.masked=false"}
    assert fixed_overrides(["seed=1", "seed=2,3"]) == set()


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("+sweep.foo=1", "unknown key in sweep 'foo'"),
        ("sweep.jbos=1", "did you mean 'jobs'"),
    ],
)
def test_an_unknown_key_of_a_sweep_is_a_mistake(override, expected):
    with pytest.raises((UserError, HydraException)) as mistake:
        validate(compose(override))
    assert expected in explain(mistake.value)


@pytest.mark.fault("a23")
def test_a_sweep_lists_its_failures_and_resumes_them(run: Command, tmp_path):
    command = ["-m", "data=demo", *TINY, "data.demo_sizes=[200,100]", "model=bag"]
    folder = tmp_path / "sweep"
    where = [f"hydra.sweep.dir={folder}", "model.dropout=0.1,7"]
    first = run("train", *command, *where)
    assert first.returncode == 1, first.stderr
    assert "failed: model.dropout=7: model.dropout=7" in first.stdout
    assert "left out" in first.stdout
    assert (folder / "report" / "report.html").exists()
    good = folder / "model.dropout=0.1" / "results.json"
    written = good.stat().st_mtime_ns
    second = run("train", *command, *where, "sweep.resume=true")
    assert second.returncode == 1
    assert good.stat().st_mtime_ns == written
    refused = run("train", *command, *where)
    assert refused.returncode == 2
    assert refused.stderr.startswith("error: ")


@pytest.mark.fault("a5")
@pytest.mark.battery
def test_stopping_a_sweep_stops_its_jobs(environment, tmp_path):
    command = [sys.executable, "-m", "rnn_sentiment.train", "-m", "data=demo", "seed=1,2"]
    with subprocess.Popen(
        [*command, *TINY, "data.demo_sizes=[200,100]", "callbacks.early_stopping=null",
         "hydra.sweep.dir=sweep", "trainer.max_epochs=500"],
        cwd=tmp_path, env=environment, text=True, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        for _ in range(1200):
            logs = [log.read_text() for log in tmp_path.glob("sweep/logs/*.log")]
            if sum("Epoch 0" in log for log in logs) == 2:  # both are in training
                break
            time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 128 + signal.SIGTERM
        assert "sweep.resume=true" in process.stderr.read()
    found = [json.loads(f.read_text()) for f in tmp_path.glob("sweep/*/results.json")]
    assert [results["status"] for results in found] == ["interrupted"] * 2


def test_slurm_goes_through_submitit():
    GlobalHydra.instance().clear()
    overrides = ["hydra/launcher=submitit_slurm", "hydra.launcher.gpus_per_node=1"]
    with hydra.initialize_config_dir(str(CONF), version_base="1.3"):
        cfg = hydra.compose("train", ["sweep=shootout", *overrides], return_hydra_config=True)
    assert cfg.hydra.launcher._target_.endswith("SlurmLauncher")
    assert cfg.hydra.launcher.gpus_per_node == 1
    assert cfg.hydra.mode.name == "MULTIRUN"
    assert get_class(cfg.hydra.launcher._target_)
