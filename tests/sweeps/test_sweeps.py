"""Sweeps: no job's end concerns another, and every failure is listed with its reason."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import hydra
import pytest
import yaml
from hydra.core.global_hydra import GlobalHydra
from hydra.errors import HydraException
from hydra.utils import get_class
from omegaconf import OmegaConf

from rnn_sentiment.commands import explain
from rnn_sentiment.configuration import CONF, compose, validate
from rnn_sentiment.errors import UserError
from rnn_sentiment.sweeps import sweep
from rnn_sentiment.sweeps.jobs import Job, run_jobs
from rnn_sentiment.sweeps.launch import fixed_overrides, last_overrides
from rnn_sentiment.sweeps.overview import Overview, clock
from tests.conftest import TINY, Command

COMPLETED = (
    "import json, pathlib, sys; folder = pathlib.Path(sys.argv[1]); folder.mkdir();"
    "(folder / 'results.json').write_text(json.dumps({'status': 'completed',"
    "'validation': {'accuracy': 0.75}}))"
)
ENDS = {
    "completes": COMPLETED,
    "raises": "raise ValueError('the reason')",
    "exits with 0": "import sys; sys.exit(0)",
    "is killed": "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
    "hangs": "import time; time.sleep(600)",
    "completes too": COMPLETED,
}
REASONS = {
    "raises": "exit status 1 without results: ValueError: the reason",
    "exits with 0": "exit status 0 without results: it printed nothing",
    "is killed": "killed by SIGKILL (out of memory?)",
    "hangs": "stopped after 2 s (sweep.timeout)",
}


def job(folder: Path, name: str, code: str) -> Job:
    run = folder / name
    return Job(name, [sys.executable, "-c", code, str(run)], run, folder / "logs" / f"{name}.log")


def run_all(jobs: list[Job], num_slots: int = 2, timeout: float | None = None) -> None:
    run_jobs(jobs, num_slots, lambda slot: {"SLOT": str(slot)}, timeout, lambda: None)


def test_no_end_of_a_job_stops_or_fakes_another(tmp_path):
    jobs = [job(tmp_path, name, code) for name, code in ENDS.items()]
    run_all(jobs, timeout=2)
    assert {j.name: j.reason for j in jobs if j.state == "failed"} == REASONS
    assert [j.name for j in jobs if j.state == "done"] == ["completes", "completes too"]


def test_a_job_that_ends_takes_what_it_started_with_it(tmp_path):
    child = "import time; time.sleep(600)"
    code = (
        f"import subprocess, sys; p = subprocess.Popen([sys.executable, '-c', {child!r}]);"
        "print(p.pid)"
    )
    parent = job(tmp_path, "parent", code)
    run_all([parent])
    pid = int(parent.log.read_text())
    wait_until(lambda: not runs(pid))


def test_no_more_jobs_at_once_than_slots(tmp_path):
    code = (
        "import os, pathlib, time; f = pathlib.Path(os.environ['SLOT'] + '.busy');"
        "f.touch(exist_ok=False); time.sleep(0.3); f.unlink();"
    )
    script = f"import os; os.chdir({str(tmp_path)!r}); {code} {COMPLETED}"
    jobs = [job(tmp_path, str(i), script) for i in range(5)]
    run_all(jobs, num_slots=2)
    assert [j.state for j in jobs] == ["done"] * 5
    assert {j.slot for j in jobs} == {0, 1}


@pytest.mark.parametrize(("at_once", "slots"), [(None, 2), (4, 4)])
def test_each_job_gets_one_gpu(at_once, slots, tmp_path, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,5")
    settings = sweep.Settings(jobs=at_once, timeout=None, resume=False, report=False)
    assert settings.num_slots(sweep.visible_gpus()) == slots
    code = f"import os; print(os.environ['CUDA_VISIBLE_DEVICES']); {COMPLETED}"
    jobs = [job(tmp_path, str(i), code) for i in range(4)]
    sweep.run_sweep(jobs, [], settings, on_gpu=True)
    found = {j.slot: j.log.read_text().strip() for j in jobs}
    assert all(found[slot] == ("3", "5")[slot % 2] for slot in found)
    assert set(found.values()) == {"3", "5"}


@pytest.mark.parametrize("wrong", [{"jobs": 0}, {"timeout": -1}, {"resume": "perhaps"}])
def test_settings_out_of_range_are_refused(wrong):
    good = {"jobs": 1, "timeout": None, "resume": False, "report": False}
    with pytest.raises(ValueError, match=next(iter(wrong))):
        sweep.Settings(**good | wrong)


def test_the_overview_counts_and_estimates(tmp_path):
    jobs = [job(tmp_path, name, "") for name in "abcd"]
    for j, state, accuracy in zip(
        jobs, ("done", "kept", "failed", "waiting"), (0.8, 0.9, 0, 0), strict=True
    ):
        j.state = state
        j.results = {"validation": {"accuracy": accuracy}}
    jobs[0].seconds = 60.0
    counts = Overview(jobs, num_slots=1).counts()
    assert "2 of 4 done" in counts
    assert "1 failed" in counts
    assert "best b 90.00 %" in counts
    assert "about 0:01:00 left" in counts


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0, "0:00:00"), (3_725.9, "1:02:05"), (90_061, "25:01:01")]
)
def test_the_clock_goes_past_a_day(seconds, shown):
    assert clock(seconds) == shown


@pytest.mark.parametrize("overrides", [[], ["sweep.resume=true"], ["sweep=plain"]])
def test_a_job_without_overrides_has_a_folder_of_its_own(overrides):
    assert sweep.names([overrides], overrides) == ["defaults"]


def test_folders_are_named_by_what_varies():
    overrides = [
        ["model=gru", "seed=1", "data=demo"],
        ["model=gru", "seed=2", "data=demo"],
        ["model=gru", "seed=2", "data=demo", "model.widths=[3,4]"],
    ]
    found = sweep.names(overrides, ["data=demo"])
    assert found == ["seed=1", "seed=2", "model.widths=_3_4,seed=2"]
    assert found == sweep.names([own[::-1] for own in overrides], ["data=demo"])
    assert sweep.names([["data=demo", "seed=1"]], ["data=demo"]) == ["seed=1"]
    for resume in ([], ["sweep.resume=True"]):
        assert sweep.names([["seed=1", *resume]], ["seed=1"]) == ["seed=1"]
    hostile = sweep.names([["name=../../x"], ["name='/etc'"], ["name=" + "x" * 300]], [])
    assert all("/" not in name and len(name) < 150 for name in hostile)
    assert len(set(hostile)) == 3


def test_the_command_line_replaces_what_a_sweep_varies():
    assert last_overrides(["model=gru", "seed=1", "seed=7"]) == ("model=gru", "seed=7")
    assert last_overrides(["+a=1", "a=2"]) == ("a=2",)


def test_what_no_sweep_varies_is_known_as_hydra_writes_it():
    given = ["model=gru", "seed=1,2", "data.masked=false", "+a=[1,2]"]
    assert fixed_overrides(given) == {"model=gru", "data.masked=False", "+a=[1,2]"}


@pytest.mark.parametrize("override", ["trainer=ddp", "trainer.devices=2", "trainer.strategy=ddp"])
def test_several_processes_in_one_job_are_refused(override, tmp_path):
    cfg = compose(override, "name=x")
    with pytest.raises(UserError, match="one process on one device"):
        sweep.prepare([cfg], [[override]], [], tmp_path, resume=False)


def stored_run(folder: Path, cfg, status: str) -> None:
    (folder / ".hydra").mkdir(parents=True)
    OmegaConf.save(cfg, folder / ".hydra" / "config.yaml", resolve=True)
    (folder / "results.json").write_text(json.dumps({"status": status, "test": {}}))


READ = ("name=x", "data=path", "data.path=/imdb")  # with a path from the root, as runs store it


def test_resuming_keeps_what_is_completed_and_clears_what_failed(tmp_path):
    configurations = [compose(f"seed={seed}", *READ) for seed in (1, 2, 3)]
    overrides = [[f"seed={seed}"] for seed in (1, 2, 3)]
    stored_run(tmp_path / "seed=1", configurations[0], "completed")
    stored_run(tmp_path / "seed=2", configurations[1], "failed")
    with pytest.raises(UserError, match=r"holds a run already; sweep\.resume=true"):
        sweep.prepare(configurations, overrides, [], tmp_path, resume=False)
    jobs = sweep.prepare(configurations, overrides, [], tmp_path, resume=True)
    assert [j.state for j in jobs] == ["kept", "waiting", "waiting"]
    assert not (tmp_path / "seed=2").exists()
    moved = configurations[0].copy()
    moved.data.cache = moved.data.source.path = "elsewhere"
    assert sweep.prepare([moved], overrides[:1], [], tmp_path, resume=True)[0].state == "kept"
    moved.data.source.fingerprint = None  # now another path may be another corpus
    changed = r"other settings \(data\.source\.fingerprint, data\.source\.path\)"
    with pytest.raises(UserError, match=changed):
        sweep.prepare([moved], overrides[:1], [], tmp_path, resume=True)
    shown = configurations[0].copy()
    shown.logger = shown.callbacks.progress_bar = None
    shown.data.num_workers = 3
    assert sweep.prepare([shown], overrides[:1], [], tmp_path, resume=True)[0].state == "kept"
    configurations[0].model.layers.hidden_size = 7
    with pytest.raises(UserError, match=r"other settings \(model\.layers\.hidden_size\)"):
        sweep.prepare(configurations, overrides, [], tmp_path, resume=True)


def test_a_relative_path_to_a_corpus_is_the_stored_one_from_the_root(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    own = ("seed=1", "data.fingerprint=null")
    stored = compose(*READ, *own, f"data.path={tmp_path}/reviews.csv")
    stored_run(tmp_path / "seed=1", stored, "completed")
    same, other = (compose(*READ, *own, f"data.path={name}.csv") for name in ("reviews", "other"))
    assert sweep.prepare([same], [["seed=1"]], [], tmp_path, resume=True)[0].state == "kept"
    with pytest.raises(UserError, match=r"data\.source\.path"):
        sweep.prepare([other], [["seed=1"]], [], tmp_path, resume=True)


def test_resuming_asks_for_the_test_score_of_a_run_without_one(tmp_path):
    cfg = compose("seed=1", *READ)
    stored_run(tmp_path / "seed=1", cfg, "completed")
    (tmp_path / "seed=1" / "results.json").write_text('{"status": "completed"}')
    with pytest.raises(UserError, match=r"test=false; score it with .*evaluate run="):
        sweep.prepare([cfg], [["seed=1"]], [], tmp_path, resume=True)
    cfg.test = False
    assert sweep.prepare([cfg], [["seed=1"]], [], tmp_path, resume=True)[0].state == "kept"


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


def test_damaged_results_fail_a_job_and_are_run_again(tmp_path):
    code = "import pathlib, sys; f = pathlib.Path(sys.argv[1]); f.mkdir();"
    broken = job(tmp_path, "broken", f"{code} (f / 'results.json').write_text('[1,')")
    run_all([broken])
    assert broken.state == "failed"
    assert "results.json is not JSON" in broken.reason
    assert sweep.completed_results(broken.folder) == {}


def test_killing_a_sweep_ends_its_jobs(tmp_path):
    child = (
        "import os, pathlib, sys, time; file = pathlib.Path(sys.argv[1]);"
        "file.write_text(str(os.getpid())); time.sleep(600)"
    )
    parent = (
        "import sys; from pathlib import Path; from rnn_sentiment.sweeps.jobs import *;"
        f"command = [sys.executable, '-c', {child!r}];"
        "jobs = [Job(n, [*command, n], Path(n), Path(n + '.log')) for n in 'ab'];"
        "run_jobs(jobs, 2, lambda slot: {}, None, lambda: None)"
    )
    files = [tmp_path / name for name in "ab"]
    with subprocess.Popen([sys.executable, "-c", parent], cwd=tmp_path) as process:
        wait_until(lambda: all(file.exists() and file.read_text() for file in files))
        process.kill()
    wait_until(lambda: not any(runs(int(file.read_text())) for file in files))


def wait_until(condition: Callable[[], bool]) -> None:
    for _ in range(300):
        if condition():
            return
        time.sleep(0.1)
    raise AssertionError("not within 30 s")


def runs(pid: int) -> bool:
    status = Path(f"/proc/{pid}/status")
    try:
        return "Z (zombie)" not in status.read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.mark.slow
def test_a_sweep_lists_its_failures_and_resumes_them(run: Command, tmp_path):
    command = ["-m", "data=demo", *TINY, "data.demo_sizes=[200,100]", "model=bag,lstm"]
    folder = tmp_path / "sweep"
    where = [f"hydra.sweep.dir={folder}", "model.dropout=0.1,7"]
    first = run("train", *command, *where)
    assert first.returncode == 1, first.stderr
    assert {f.parent.name for f in folder.glob("*/results.json")} >= {
        "model=bag,model.dropout=0.1",
        "model=lstm,model.dropout=0.1",
    }
    for model in ("bag", "lstm"):
        assert f"failed: model={model},model.dropout=7: model.dropout=7" in first.stdout
    assert "left out" in first.stdout
    assert (folder / "report" / "report.html").exists()
    good = folder / "model=bag,model.dropout=0.1" / "results.json"
    written = good.stat().st_mtime_ns
    second = run("train", *command, *where, "sweep.resume=true")
    assert second.returncode == 1
    assert good.stat().st_mtime_ns == written
    refused = run("train", *command, *where)
    assert refused.returncode == 2
    assert refused.stderr.startswith("error: ")


@pytest.mark.slow
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


@pytest.mark.slow
def test_tuning_scores_the_test_part_once(run: Command, tmp_path):
    done = run(
        "train", "sweep=tune", "model=bag", "data=demo", *TINY, "data.demo_sizes=[200,100]",
        "trainer.max_epochs=1", "sweep.trials=3", "hydra.sweep.dir=tune",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = yaml.safe_load((tmp_path / "tune" / "optimization_results.yaml").read_text())
    results = {f.parent: json.loads(f.read_text()) for f in tmp_path.glob("tune/*/results.json")}
    assert len(results) == found["trials"] == 3
    assert [str(folder) for folder, r in results.items() if "test" in r] == [found["run"]]
    best = max(results.values(), key=lambda r: r["validation"]["accuracy"])
    assert best["validation"]["accuracy"] == found["best_validation_accuracy"]


def test_slurm_goes_through_submitit():
    GlobalHydra.instance().clear()
    overrides = ["hydra/launcher=submitit_slurm", "hydra.launcher.gpus_per_node=1"]
    with hydra.initialize_config_dir(str(CONF), version_base="1.3"):
        cfg = hydra.compose("train", ["sweep=shootout", *overrides], return_hydra_config=True)
    assert cfg.hydra.launcher._target_.endswith("SlurmLauncher")
    assert cfg.hydra.launcher.gpus_per_node == 1
    assert cfg.hydra.mode.name == "MULTIRUN"
    assert get_class(cfg.hydra.launcher._target_)
