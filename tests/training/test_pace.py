"""Batches and epochs follow the number of training texts, unless somebody has said otherwise."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from omegaconf import DictConfig

from rnn_sentiment.configuration import compose
from rnn_sentiment.training.pace import MOST_EPOCHS, SMALLEST, Pace, set_pace

ROWS = st.integers(1, 200_000)


def steps(pace: Pace, rows: int) -> tuple[int, int, int]:
    size = pace.suited_batch(rows)
    epochs = pace.suited_epochs(rows, size)
    return size, epochs, epochs * math.ceil(rows / size)


@given(rows=ROWS)
def test_there_are_enough_steps_unless_epochs_grow_too_many(rows):
    pace = Pace()
    size, epochs, made = steps(pace, rows)
    assert SMALLEST <= size <= pace.batch_size
    assert pace.epochs <= epochs <= MOST_EPOCHS
    assert made >= 800 or epochs == MOST_EPOCHS
    assert epochs == pace.epochs or size == SMALLEST  # smaller batches come first


@pytest.mark.parametrize(
    ("rows", "suited"),
    [(22_500, (64, 3)), (15_000, (32, 3)), (4_500, (16, 3)), (1_000, (16, 13)), (100, (16, 30))],
)
def test_what_suits_known_sizes(rows, suited):
    assert steps(Pace(), rows)[:2] == suited


@given(rows=ROWS)
def test_null_steps_leave_all_as_it_is(rows):
    assert steps(Pace(steps=None), rows)[:2] == (64, 3)


def paced(rows: int, *overrides: str) -> tuple[DictConfig, str]:
    """The configuration after a corpus of so many training texts was read, and what is said."""
    cfg = compose(*overrides)
    data: Any = SimpleNamespace(train_set=np.zeros(rows), batch_size=cfg.data.batch_size)
    said = set_pace(cfg, data)
    assert data.batch_size == cfg.data.batch_size
    return cfg, said


@pytest.mark.slow
@pytest.mark.parametrize(
    ("overrides", "batch_size", "epochs"),
    [
        ([], 16, 13),
        (["data.batch_size=32"], 32, 25),
        (["trainer.max_epochs=2"], 16, 2),
        (["data.batch_size=8", "trainer.max_epochs=2"], 8, 2),
        (["pace.steps=null"], 64, 3),
        (["pace.steps=100"], 16, 3),
        (["experiment=small_lstm"], 128, 3),
        (["experiment=conv_recurrent"], 64, 3),
    ],
)
def test_what_is_given_stays(overrides, batch_size, epochs):
    cfg, _ = paced(1_000, *overrides)
    assert (cfg.data.batch_size, cfg.trainer.max_epochs) == (batch_size, epochs)


def test_early_stopping_waits_for_the_epochs_that_were_chosen():
    assert paced(1_000)[0].callbacks.early_stopping.patience == 13


NEEDS = "a run needs about 800 (pace.steps)"


@pytest.mark.parametrize(
    ("rows", "overrides", "line"),
    [
        (22_500, [], ""),
        (4_500, [], f"4,500 training texts: batches of 16, for 846 steps; {NEEDS}"),
        (1_000, [], f"1,000 training texts: batches of 16 and 13 epochs, for 819 steps; {NEEDS}"),
        (
            1_000,
            ["data.batch_size=32"],
            f"1,000 training texts: 25 epochs, for 800 steps; {NEEDS}",
        ),
        (4_500, ["data.batch_size=32", "trainer.max_epochs=2"], ""),
        (
            100,
            [],
            "100 training texts: batches of 16 and 30 epochs, for 210 steps; "
            f"{NEEDS}, which would take 115 epochs",
        ),
    ],
)
def test_what_was_chosen_is_said_in_one_line_and_nothing_where_it_is_the_usual(
    rows, overrides, line
):
    assert paced(rows, *overrides)[1] == line
