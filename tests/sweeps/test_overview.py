"""The overview of a sweep that runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from rnn_sentiment.sweeps.jobs import Job
from rnn_sentiment.sweeps.overview import Overview, clock, print_table
from tests.sweeps.processes import job


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


def folds(folder: Path, setting: str, accuracies: list[float]) -> list[Job]:
    found = [job(folder, f"data.fold={i},{setting}", "") for i in range(len(accuracies))]
    for one, accuracy in zip(found, accuracies, strict=True):
        one.state, one.folds_of = "done", setting
        one.results = {"validation": {"accuracy": accuracy}, "test": {"accuracy": accuracy / 2}}
    return found


def test_folds_have_a_mean_and_no_best_one(tmp_path, capsys):
    jobs = folds(tmp_path, "", [0.5, 0.9, 0.7])
    assert "mean 70.00 % validation" in Overview(jobs, num_slots=1).counts()
    print_table(jobs)
    printed = capsys.readouterr().out
    assert "all folds, mean ± sd │ 70.00 ± 20.00 │ 35.00 ± 10.00" in printed


def test_of_several_settings_the_one_with_the_best_mean_comes_first(tmp_path, capsys):
    jobs = [*folds(tmp_path, "model=gru", [0.9, 0.1]), *folds(tmp_path, "model=bag", [0.6, 0.8])]
    counts = Overview(jobs, num_slots=1).counts()
    assert "best model=bag, all folds 70.00 % validation" in counts
    print_table(jobs)
    printed = capsys.readouterr().out
    assert printed.index("70.00 ± 14.14") < printed.index("50.00 ± 56.57")


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0, "0:00:00"), (3_725.9, "1:02:05"), (90_061, "25:01:01")]
)
def test_the_clock_goes_past_a_day(seconds, shown):
    assert clock(seconds) == shown
