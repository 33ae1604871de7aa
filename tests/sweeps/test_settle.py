"""A sweep that adds seeds of two systems until it is settled which one is better."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hydra.core.utils import JobStatus
from omegaconf import OmegaConf

from rnn_sentiment.errors import UserError
from rnn_sentiment.report.contents import make_report
from rnn_sentiment.report.loading import SETTLED
from rnn_sentiment.sweeps import settle
from rnn_sentiment.train import with_sweep
from tests.conftest import TINY, Command
from tests.report.conftest import write_run


class Trainer:
    """A launcher of runs that are right as often as their model's skill; without one, they fail."""

    def __init__(self, folder: Path, skills: dict[str, float | None], seconds: float = 0) -> None:
        self.folder, self.skills, self.seconds, self.clock = folder, skills, seconds, 0.0
        self.asked: list[Sequence[str]] = []

    def launch(self, jobs: Sequence[Sequence[str]], initial_job_idx: int) -> list[Any]:
        self.clock += self.seconds
        self.asked += jobs
        return [self.train(job) for job in jobs]

    def train(self, job: Sequence[str]) -> Any:
        values = dict(text.split("=") for text in job)
        skill = self.skills[values["model"]]
        if skill is None:
            return SimpleNamespace(status=JobStatus.FAILED)
        run = self.folder / ",".join(job)
        if not run.exists():
            write_run(run, values["model"], int(values["seed"]), skill, num_test=600)
        return SimpleNamespace(status=JobStatus.COMPLETED)


def settled(trainer: Trainer, **changes: Any) -> None:
    section = {
        "_target_": "rnn_sentiment.sweeps.settle.SettleSettings",
        **{"jobs": 2, "timeout": None, "resume": False, "report": False},
        **{"minutes": None, "max_seeds": 6, "margin": 0.5},
    }
    config = OmegaConf.create(
        {
            "seed": 1,
            "test": True,
            "sweep": section | changes,
            "hydra": {"sweep": {"dir": str(trainer.folder)}},
        }
    )
    settle.settle(trainer, config, {}, ["model=a,b"])  # type: ignore[arg-type]


def test_a_clear_difference_takes_few_runs_and_is_told_in_one_sentence(tmp_path, capsys):
    trainer = Trainer(tmp_path, {"a": 0.9, "b": 0.7})
    settled(trainer)
    seeds = len(trainer.asked) // 2
    assert 3 <= seeds < 6
    assert [job[-1] for job in trainer.asked[:4]] == ["seed=1", "seed=1", "seed=2", "seed=2"]
    (line,) = capsys.readouterr().out.splitlines()[-1:]
    assert line.startswith(f"Settled after {2 * seeds} runs, {seeds} seeds of each: a beats b by ")
    found = json.loads((tmp_path / SETTLED).read_text())
    assert found["outcome"] == "better"
    (verdict,) = make_report([tmp_path]).comparisons[0].verdicts
    assert found["interval"] == [verdict.estimate.low, verdict.estimate.high]
    assert verdict.sentence == found["sentence"]


def test_no_difference_that_matters_settles_too(tmp_path, capsys):
    settled(Trainer(tmp_path, {"a": 0.8, "b": 0.801}), margin=20)
    assert "Settled after 6 runs, 3 seeds of each: No difference between" in capsys.readouterr().out


def test_an_open_pair_ends_at_the_most_seeds_and_goes_on_later(tmp_path, capsys):
    first = Trainer(tmp_path, {"a": 0.8, "b": 0.802})
    settled(first, max_seeds=4, jobs=6)
    assert len(first.asked) == 8
    out = capsys.readouterr().out
    assert "Not settled after 8 runs, 4 seeds of each: Undecided" in out
    assert f"sweep.resume=true hydra.sweep.dir={tmp_path}" in out
    settled(Trainer(tmp_path, {"a": 0.8, "b": 0.802}), max_seeds=5)
    out = capsys.readouterr().out
    assert "Not settled after 10 runs, 5 seeds of each" in out
    assert len(out.splitlines()) == 3  # the kept seeds' verdict once, the last one, how to go on


def test_no_seed_begins_that_would_end_too_late(tmp_path, monkeypatch, capsys):
    trainer = Trainer(tmp_path, {"a": 0.8, "b": 0.802}, seconds=50)
    monkeypatch.setattr(time, "monotonic", lambda: trainer.clock)
    settled(trainer, minutes=3)
    assert len(trainer.asked) == 2 * 3
    assert "Not settled after 6 runs" in capsys.readouterr().out


def test_a_system_that_cannot_be_trained_ends_the_sweep(tmp_path, capsys):
    trainer = Trainer(tmp_path, {"a": 0.8, "b": None})
    with pytest.raises(SystemExit) as end:
        settled(trainer)
    assert end.value.code == 1
    assert len(trainer.asked) == 2
    assert "no completed run" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["model=a"], "here 1 are named"),
        (["model=a,b", "optimizer.lr=1,2"], "here 4 are named"),
        (["model=a,b", "seed=1,2,3"], "adds the seeds itself"),
    ],
)
def test_a_pair_must_be_named(arguments, reason):
    with pytest.raises(UserError, match=reason):
        settle.named_systems({}, arguments)


def test_a_pair_keeps_what_both_share():
    found = settle.named_systems({"data": "demo"}, ["experiment=a,b", "seed=5"])
    assert found == [["data=demo", "experiment=a"], ["data=demo", "experiment=b"]]


def test_systems_that_no_report_compares_are_a_mistake(tmp_path):
    write_run(tmp_path / "a", "a", 1, 0.8)
    with pytest.raises(UserError, match="change no result"):
        settle.look(tmp_path, 0.005)
    other = write_run(tmp_path / "b", "b", 1, 0.8, fingerprint="b" * 16)
    with pytest.raises(UserError, match="cannot be compared"):
        settle.look(tmp_path, 0.005)
    other.rename(tmp_path / "gone")
    for name in "bc":
        write_run(tmp_path / name, name, 1, 0.8)
    with pytest.raises(UserError, match="other runs"):
        settle.look(tmp_path, 0.005)


def test_until_settled_is_a_sweep_of_its_own():
    assert with_sweep(["model=a,b", "sweep.until=settled"]) == [
        "--multirun",
        "model=a,b",
        "sweep=settled",
    ]
    with pytest.raises(UserError, match="until=settled"):
        with_sweep(["sweep.until=bored"])


@pytest.mark.battery
@pytest.mark.slow
def test_a_sweep_until_settled_as_a_user_runs_it(run: Command, tmp_path):
    command = [
        "train", "sweep.until=settled", "model=bag,conv1d", "data=demo", *TINY,
        "data.demo_sizes=[200,100]", "hydra.sweep.dir=pair", "sweep.margin=0.1",
    ]  # fmt: skip
    done = run(*command, "sweep.max_seeds=3")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count(" after 6 runs, 3 seeds of each: ") == 1
    assert (tmp_path / "pair" / "report" / "report.html").exists()
    mistyped = run(*command, "data.batch_siez=2")
    assert "unknown key in data 'batch_siez'" in mistyped.stderr
    kept = {f: f.stat().st_mtime_ns for f in tmp_path.glob("pair/*/results.json")}
    assert len(kept) == 6
    more = run(*command, "sweep.max_seeds=4", "sweep.resume=true")
    assert more.returncode == 0, more.stderr
    assert all(f.stat().st_mtime_ns == written for f, written in kept.items())
    assert len(list(tmp_path.glob("pair/*/results.json"))) in (6, 8)  # 6 if it was settled
    refused = run(*command)
    assert refused.returncode == 2
    assert "holds a run already" in refused.stderr
