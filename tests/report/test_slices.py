"""Slices of the test part: who is in them, and whose lead changes there."""

from __future__ import annotations

import numpy as np
import pytest

from rnn_sentiment.report.contents import make_report
from rnn_sentiment.report.cues import CUES
from rnn_sentiment.report.slice_section import slices_section
from rnn_sentiment.report.slices import slices
from rnn_sentiment.report.together import judge_together
from tests.report.conftest import write_run

NUM = 4000
INSIDE = np.arange(NUM) < NUM // 5


def test_slices_hold_the_fifth_that_has_most(finished_run):
    (comparison,) = make_report([finished_run]).comparisons
    (row,) = comparison.rows
    found = {one.name: one.inside for one in slices([row], row.reviews)}
    assert set(found) >= {"short", "long", "negation", "contrast", "intensifiers"}
    lengths = row.reviews["length"].to_numpy()
    for name, inside in found.items():
        assert 40 <= inside.sum() < 60, name
    assert lengths[found["long"]].min() >= lengths[~found["long"]].max()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("it is not bad, it isn't good and has no point", {"negation": 3}),
        ("a notable knot, nobody knows", {"negation": 1}),
        ("good but long; however fine, yet butter", {"contrast": 3}),
        ("a very, very really bad veryfilm", {"intensifiers": 3}),
    ],
)
def test_cues_are_whole_words(text, expected):
    counts = {name: len(cue.findall(text)) for name, cue in CUES.items()}
    assert {name: count for name, count in counts.items() if count} == expected


def test_without_texts_one_line_says_so(runs):
    section = slices_section(make_report([runs]).comparisons)
    assert section is not None
    assert "Slices need the texts of the test part: none of these runs states" in section.html
    assert "<table" not in section.html


def answers(skill: float, inside: float, seed: int) -> np.ndarray:
    """Right answers of three seeds, another share of them in the slice."""
    chance = np.random.default_rng(seed).random((3, NUM))
    return chance < np.where(INSIDE, inside, skill)


@pytest.mark.parametrize(("inside", "expected"), [(0.9, 0), (0.8, 1)])
def test_a_lead_that_changes_in_a_slice_is_found(inside, expected, tmp_path):
    for name in ("gru", "bag"):
        for seed in (1, 2, 3):
            write_run(tmp_path / f"{name}{seed}", name, seed, 0.9, num_test=100)
    gru, bag = make_report([tmp_path]).comparisons[0].rows
    given = [answers(0.9, 0.9, 1), answers(0.9, inside, 2)]
    strata = [(INSIDE, 1.0), (~INSIDE, -1.0)]
    judged = judge_together([gru, bag], given, [(bag, gru)], 6, strata)
    assert judged.own[bag.label].value == pytest.approx(inside - 0.9, abs=0.02)
    assert judged.own[bag.label].known
    assert len(judged.apart) == expected
    for better, worse, estimate in judged.apart:
        assert (better, worse) == (gru, bag)
        assert 0 < estimate.low < estimate.value < estimate.high


def test_more_figures_have_wider_intervals_and_single_runs_have_none(runs):
    rows = list(make_report([runs]).comparisons[0].rows)
    given = [row.correct for row in rows]
    widths = []
    for num_figures in (1, 10):
        own = judge_together(rows, given, [], num_figures).own
        widths.append([own[row.label].high - own[row.label].low for row in rows])
    assert (np.array(widths[1]) > widths[0]).all()
    single = judge_together(rows[:1], [given[0][:1]], [], 1)
    assert not single.own[rows[0].label].known
