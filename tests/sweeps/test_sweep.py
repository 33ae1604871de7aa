"""What a sweep runs: folders, resources, and what resuming keeps."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from omegaconf import OmegaConf

from rnn_sentiment.configuration import compose
from rnn_sentiment.errors import UserError
from rnn_sentiment.sweeps import sweep
from tests.sweeps.processes import COMPLETED, job

pytestmark = pytest.mark.slow


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


@pytest.mark.parametrize("overrides", [[], ["sweep.resume=true"], ["sweep=plain"]])
def test_a_job_without_overrides_has_a_folder_of_its_own(overrides):
    assert sweep.names([overrides], overrides) == ["defaults"]


def test_folders_are_named_by_what_varies():
    overrides = [
        ["model=gru", "seed=1", "data=demo"],
        ["model=gru", "seed=2", "data=demo"],
        ["model=gru", "seed=2", "data=demo", "model.widths=[3,4]"],
    ]
    fixed = ["data=demo", "model=gru"]
    found = sweep.names(overrides, fixed)
    assert found == ["seed=1", "seed=2", "model.widths=_3_4,seed=2"]
    assert found == sweep.names([own[::-1] for own in overrides], fixed)
    assert sweep.names([["data=demo", "seed=1"]], ["data=demo"]) == ["seed=1"]
    for resume in ([], ["sweep.resume=True"]):
        assert sweep.names([["seed=1", *resume]], ["seed=1"]) == ["seed=1"]
    hostile = sweep.names([["name=../../x"], ["name='/etc'"], ["name=" + "x" * 300]], [])
    assert all("/" not in name and len(name) < 150 for name in hostile)
    assert len(set(hostile)) == 3


def test_batches_that_vary_the_same_key_get_names_of_their_own():
    first = sweep.names([["model=lstm", "seed=1"], ["model=gru", "seed=1"]], [])
    second = sweep.names([["model=lstm", "seed=2"], ["model=gru", "seed=2"]], [])
    assert not set(first) & set(second)


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
    shown.logger, shown.callbacks.progress_bar = {}, None
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


def test_folds_of_one_setting_know_that_they_belong_together():
    fixed = {"data=text_files"}
    own = ["data=text_files", "model=gru", "data.splits.fold=3"]
    assert sweep.cross_validation(own, fixed) == "model=gru"
    assert sweep.cross_validation(["data=text_files", "data.fold=0"], fixed) == ""
    assert sweep.cross_validation(["model=gru", "data.fold=0"], {"data.fold=0"}) is None
