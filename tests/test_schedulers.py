"""Learning rates over a training: what rises, what falls, where it begins and where it ends."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.optim.lr_scheduler import LRScheduler

from rnn_sentiment.schedulers import constant, cosine

PEAK = 0.5
STEPS = st.integers(1, 300)


def rates(make: Callable[..., LRScheduler], steps: int) -> list[float]:
    """The learning rate at each of so many steps."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=PEAK)
    schedule = make(optimizer)
    found = []
    for _ in range(steps):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return found


@given(total=STEPS, warmup=st.floats(0, 1), final=st.floats(0, 1))
def test_cosine_rises_by_equal_steps_to_the_peak_and_then_never_rises(total, warmup, final):
    found = rates(
        lambda optimizer: cosine(optimizer, total_steps=total, warmup=warmup, final=final), total
    )
    rising = max(1, round(warmup * total))
    assert found[:rising] == pytest.approx([PEAK * (i + 1) / rising for i in range(rising)])
    falling = found[rising - 1 :]
    assert all(later <= earlier + 1e-12 for earlier, later in pairwise(falling))
    assert min(falling) >= final * PEAK - 1e-12


@given(half=st.integers(2, 150), final=st.floats(0, 1))
def test_cosine_is_half_way_down_in_the_middle_and_stays_at_its_end(half, final):
    total = 2 * half + 1  # the first step is at the peak
    found = rates(
        lambda optimizer: cosine(optimizer, total_steps=total, warmup=0, final=final), total + 9
    )
    assert found[half + 1] == pytest.approx(PEAK * (1 + final) / 2)
    assert found[total:] == pytest.approx([PEAK * final] * 9)


@given(total=STEPS)
def test_constant_keeps_the_rate(total):
    assert set(rates(lambda optimizer: constant(optimizer, total_steps=total), total)) == {PEAK}
