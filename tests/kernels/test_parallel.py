"""Recurrences whose gates do not read the state: compiled ones against plain torch in float64."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.testing import assert_close

from rnn_sentiment import kernels

GATES = {"mingru": 2, "minlstm": 3, "qrnn": 3, "turning": 2}


@dataclass
class Case:
    """What a recurrence is given; `sums (B, T, gates * H)`."""

    cell: str
    sums: Tensor
    lengths: Tensor | None
    reverse: bool
    initial: Tensor | None
    decay: Tensor | None

    @classmethod
    def make(
        cls,
        cell: str,
        sizes: tuple[int, int, int] = (5, 7, 20),
        lengths: bool = True,
        reverse: bool = True,
        initial: bool = True,
        spread: float = 1,
    ) -> Case:
        """Draw one; `sizes` are B, T and H."""
        torch.manual_seed(sum(sizes))
        batch, steps, size = sizes
        decay, state = None, torch.randn(batch, size)
        if cell == "turning":
            decay = torch.polar(torch.rand(size), 3 * torch.rand(size))
            state = torch.complex(state, torch.randn(batch, size))
        return cls(
            cell,
            spread * torch.randn(batch, steps, GATES[cell] * size),
            torch.randint(0, steps + 1, (batch,)) if lengths else None,
            reverse,
            state if initial else None,
            decay,
        )

    def asked(self) -> list[Tensor]:
        """What gets a gradient."""
        asked = [self.sums, self.initial, self.decay]
        return [one.requires_grad_() for one in asked if one is not None]

    def exact(self) -> Case:
        """The same in float64."""
        rest = (self.initial, self.decay)
        kind = torch.complex128 if self.cell == "turning" else torch.float64
        initial, decay = (None if one is None else one.detach().to(kind) for one in rest)
        return Case(
            self.cell, self.sums.detach().double(), self.lengths, self.reverse, initial, decay
        )

    def __call__(self) -> list[Tensor]:
        """Outputs, the final state, and the gradients of a fixed sum of both."""
        asked = self.asked()
        rest = self.lengths, self.reverse, self.initial
        answers: Any = (
            kernels.turning(self.decay, self.sums, *rest)
            if self.decay is not None
            else kernels.gated(self.cell, self.sums, *rest)
        )
        generator = torch.Generator().manual_seed(0)
        loss = sum(
            (one * torch.randn(one.shape, generator=generator, dtype=torch.float64)).real.sum()
            for one in answers
        )
        return [*answers, *torch.autograd.grad(loss, asked)]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    sizes = tuple(draw(st.integers(1, most)) for most in (9, 12, 40))
    flags = {name: draw(st.booleans()) for name in ("lengths", "reverse", "initial")}
    spread = draw(st.sampled_from([1, 30]))
    return Case.make(draw(st.sampled_from(sorted(GATES))), sizes, **flags, spread=spread)


@settings(
    max_examples=40,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(case=cases())
def test_float32_is_that_of_float64_to_rounding(way, case):
    found, exact = case(), case.exact()()
    assert {one.dtype for one in found} <= {torch.float32, torch.complex64}
    for one, other in zip(found, exact, strict=True):
        assert (one.to(other.dtype) - other).norm() < 3e-6 * other.norm().clamp(min=1)


@pytest.mark.parametrize("cell", GATES)
def test_bfloat16_rounds_what_is_read_and_written_only(way, cell):
    case = Case.make(cell, (3, 300, 16))
    case.sums = case.sums.bfloat16()
    found, exact = case(), case.exact()()
    assert found[0].dtype == found[2].dtype == torch.bfloat16
    for one, other in zip(found, exact, strict=True):
        assert (one.to(other.dtype) - other).norm() < 2**-8 * other.norm()


@pytest.mark.parametrize("cell", GATES)
def test_no_digits_are_lost_in_4096_steps(compiled, cell):
    case = Case.make(cell, (1, 4096, 5), lengths=False, spread=4)
    for one, other in zip(case(), case.exact()(), strict=True):
        assert (one - other).abs().max() < 2e-5 * other.abs().max()


@pytest.mark.parametrize("cell", GATES)
def test_padding_is_never_read_and_its_gradient_is_zero(compiled, cell):
    case = Case.make(cell)
    padding = torch.arange(7) >= case.lengths[:, None]
    expected = case()
    assert not expected[0][padding].any()
    assert not expected[2][padding].any()
    case.sums.data[padding] = torch.nan
    assert_close(case(), expected)


@pytest.mark.parametrize("cell", GATES)
def test_any_number_of_threads_gives_equal_results(compiled, cell):
    def results(threads: int) -> list[Tensor]:
        before = torch.get_num_threads()
        torch.set_num_threads(threads)
        try:
            return Case.make(cell, (23, 9, 33))()
        finally:
            torch.set_num_threads(before)

    assert all(torch.equal(a, b) for a, b in zip(results(1), results(5), strict=True))


@pytest.mark.parametrize(
    ("lengths", "message"),
    [([1, 2], "lengths must be"), ([1, 2, 3, 4, 8], "0 to T = 7"), ([1, 2, 3, 4, -1], "0 to T")],
)
def test_lengths_that_do_not_fit_are_refused(compiled, lengths, message):
    case = Case.make("mingru")
    case.lengths = torch.tensor(lengths)
    with pytest.raises(ValueError, match=message):
        case()


@pytest.mark.parametrize("cell", GATES)
def test_nan_is_passed_on(way, cell):
    case = Case.make(cell, lengths=False, reverse=False)
    case.sums.data[2, 3] = torch.nan
    outputs, final, *gradients = case()
    assert outputs[2, 3:].isnan().all()
    assert final[2].isnan().all()
    assert not outputs[[0, 1, 3, 4]].isnan().any()
    assert any(one.isnan().any() for one in gradients)
