"""Linear recurrences against a loop in float64, in every way of computing them."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.testing import assert_close

from rnn_sentiment.kernels import scan
from rnn_sentiment.types import make_mask

LENGTHS = torch.tensor([9, 0, 1, 4])


@pytest.fixture(params=[scan.step_by_step, scan.by_halves], autouse=True)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ways, whatever the device."""
    monkeypatch.setattr(scan, "solve", request.param)


def expected(
    decay: Tensor, values: Tensor, lengths: Tensor, reverse: bool, state: Tensor
) -> Tensor:
    """States row by row, with autograd's own gradients."""
    rows = []
    for row, length in enumerate(lengths.tolist()):
        found, carried = {}, state[row]
        for step in reversed(range(length)) if reverse else range(length):
            found[step] = carried = decay[row, step] * carried + values[row, step]
        steps = range(values.shape[1])
        rows.append(torch.stack([found.get(step, torch.zeros_like(carried)) for step in steps]))
    return torch.stack(rows)


def draw(steps: int, dtype: torch.dtype, size: int = 3) -> tuple[Tensor, Tensor, Tensor]:
    torch.manual_seed(steps)
    decay = torch.rand(4, steps, size, dtype=torch.float64)
    if dtype.is_complex:
        decay = torch.polar(decay, torch.randn_like(decay))
    values = torch.randn(4, steps, size, dtype=dtype)
    initial = torch.randn(4, size, dtype=dtype)
    return tuple(one.to(dtype).requires_grad_() for one in (decay, values, initial))


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("dtype", [torch.float64, torch.complex128])
def test_states_and_gradients_are_those_of_a_loop(dtype, reverse):
    decay, values, initial = draw(9, dtype)
    found, final = scan.scan(decay, values, LENGTHS, reverse, initial)
    exact = expected(decay, values, LENGTHS, reverse, initial)
    assert_close(found, exact)
    assert not found[~make_mask(LENGTHS, 9)].any()
    ends = (0, 0, 0, 0) if reverse else (8, 0, 0, 3)
    last = [initial[row] if row == 1 else exact[row, end] for row, end in enumerate(ends)]
    assert_close(final, torch.stack(last))
    weights = torch.randn_like(found)

    def gradients(states: Tensor) -> tuple[Tensor, ...]:
        loss = (states * weights).sum().real
        return torch.autograd.grad(loss, (decay, values, initial))

    for one, other in zip(gradients(found), gradients(exact), strict=True):
        assert_close(one, other)


@pytest.mark.parametrize("steps", [1, 2, 3, 6, 7])
@pytest.mark.parametrize("dtype", [torch.float64, torch.complex128])
def test_gradients_agree_with_differences(dtype, steps):
    lengths = torch.tensor([steps, 0, 1, steps // 2])
    assert torch.autograd.gradcheck(
        lambda *given: scan.scan(given[0], given[1], lengths, steps % 2 == 0, given[2]),
        draw(steps, dtype, size=2),
    )


def test_a_decay_may_be_the_same_at_all_steps():
    decay, values, initial = draw(9, torch.complex128)
    one = decay[0, 0].detach().requires_grad_()
    every = one.expand(4, 9, 3)
    found = scan.scan(one, values, LENGTHS, initial=initial)[0]
    exact = expected(every, values, LENGTHS, False, initial)
    assert_close(found, exact)
    (grad,) = torch.autograd.grad(found.abs().sum(), one)
    assert_close(grad, torch.autograd.grad(exact.abs().sum(), one)[0])


@pytest.mark.parametrize("keep", ["short", "long", "mixed", "nothing", "everything"])
def test_no_digits_are_lost_in_4096_steps(keep):
    """Errors stay a few roundings of the largest state, where decays vanish and where they last."""
    torch.manual_seed(0)
    sums = torch.randn(2, 4096, 4, dtype=torch.float64)
    decay = {
        "short": torch.sigmoid(sums),
        "long": torch.sigmoid(sums + 6),
        "mixed": torch.sigmoid(40 * sums),
        "nothing": torch.zeros_like(sums),
        "everything": torch.ones_like(sums),
    }[keep].float()
    values = ((1 - decay.double() + 1e-3) * torch.randn_like(sums)).float()

    def states_and_gradients(dtype: torch.dtype) -> list[Tensor]:
        given = [one.to(dtype).requires_grad_() for one in (decay, values)]
        states = scan.scan(*given)[0]
        loss = (states * torch.linspace(-1, 1, 4096, dtype=dtype)[:, None]).sum()
        return [states, *torch.autograd.grad(loss, given)]

    exact = states_and_gradients(torch.float64)
    for one, other in zip(states_and_gradients(torch.float32), exact, strict=True):
        assert one.isfinite().all()
        assert (one - other).abs().max() < 2e-5 * other.abs().max()
