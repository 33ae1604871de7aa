"""The overview of a sweep that runs."""

from __future__ import annotations

import pytest

from rnn_sentiment.sweeps.overview import Overview, clock
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


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0, "0:00:00"), (3_725.9, "1:02:05"), (90_061, "25:01:01")]
)
def test_the_clock_goes_past_a_day(seconds, shown):
    assert clock(seconds) == shown
