"""The layers against torch's own, and what holds for every way of computing them."""

from __future__ import annotations

import itertools
import pickle

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from torch import nn
from torch.testing import assert_close

from rnn_sentiment import kernels
from tests.kernels.cases import OURS, STOCK, Case, cases, flat, gradients, watched

CELLS = sorted(OURS)
FLAGS = [
    dict(zip(("lengths", "reverse", "kept", "initial"), row, strict=True))
    for row in itertools.product((False, True), repeat=4)
]
few = settings(
    max_examples=25,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def far(found: list[torch.Tensor], expected: list[torch.Tensor]) -> float:
    """The largest distance of two tensors, as a share of the second's norm (at least 1)."""
    return max(
        ((a.double() - b).norm() / b.norm().clamp(min=1)).item()
        for a, b in zip(found, expected, strict=False)
    )


@few
@given(case=cases())
def test_float32_is_torchs_own_to_rounding(way, case):
    _check(case, torch.float32, 3e-6)


@few
@given(case=cases())
def test_bfloat16_is_torchs_own_to_its_rounding(way, case):
    with torch.autocast("cpu", torch.bfloat16):
        _check(case, torch.bfloat16, 0.03)


def _check(case: Case, dtype: torch.dtype, tolerance: float) -> None:
    exact = watched(case.to(torch.float64))
    found, expected = flat(watched(case)()), flat(exact.expected())
    assert {one.dtype for one in found} <= {dtype, torch.float32}
    assert far(found, expected) < tolerance
    expected = expected[: len(found)]
    assert far(gradients(case, found), gradients(exact, expected)) < tolerance


@pytest.mark.parametrize("cell", CELLS)
def test_bfloat16_rounds_no_worse_than_torchs_own(compiled, cell):
    case = watched(Case.make(cell, (16, 60, 32, 48), lengths=False))
    exact = watched(case.to(torch.float64))
    true = [*flat(exact()), *gradients(exact, flat(exact()))]

    def error() -> float:
        with torch.autocast("cpu", torch.bfloat16):
            found = flat(case())
        return far([*found, *gradients(case, found)], true)

    ours = error()
    kernels.use("stock")
    assert ours < 1.05 * error()


@pytest.mark.slow
@pytest.mark.parametrize("flags", FLAGS, ids=str)
@pytest.mark.parametrize("cell", CELLS)
def test_float64_gradients_agree_with_differences(cell, flags):
    case = watched(Case.make(cell, (4, 5, 3, 2), **flags, dtype=torch.float64))

    def answer(*_: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return tuple(flat(case()))

    asked = (case.inputs, *case.initial, *case.layer.parameters())
    assert torch.autograd.gradcheck(answer, asked)


@pytest.mark.parametrize("cell", CELLS)
def test_padding_takes_no_part(way, cell):
    case = watched(Case.make(cell, (6, 9, 4, 5), reverse=True, kept=True))
    answers = flat(case())
    expected = gradients(case, answers)
    wider = Case(**{**vars(case), "inputs": nn.functional.pad(case.inputs, (0, 0, 0, 7), value=9)})
    found = flat(wider())
    assert_close(found[0][:, :9], answers[0])
    assert not found[0][:, 9:].any()
    assert_close(found[1:], answers[1:])
    padding = torch.arange(9) >= case.lengths[:, None]
    assert not answers[0][padding].any()
    assert not expected[0][padding].any()
    if way != "stock":  # which computes states at padding before it drops them
        case.inputs.data[padding] = torch.nan
        assert_close(flat(case()), answers)


@pytest.mark.parametrize("cell", CELLS)
def test_rows_are_read_on_their_own(compiled, cell):
    case = Case.make(cell, (21, 9, 4, 5), initial=True, kept=True)
    answers = flat(case())
    order = torch.randperm(21)
    for rows in (order, order[:1]):
        part = Case(
            case.layer,
            case.inputs[rows],
            case.lengths[rows],
            False,
            case.kept[rows],
            tuple(one[rows] for one in case.initial),
        )
        assert all(
            torch.equal(one, all_[rows]) for one, all_ in zip(flat(part()), answers, strict=True)
        )


@pytest.mark.parametrize("half", [False, True])
@pytest.mark.parametrize("cell", CELLS)
def test_any_number_of_threads_gives_equal_results(compiled, cell, half):
    def results(threads: int) -> list[torch.Tensor]:
        before = torch.get_num_threads()
        torch.set_num_threads(threads)
        try:
            case = watched(Case.make(cell, (45, 30, 50, 33), kept=True))
            with torch.autocast("cpu", torch.bfloat16, enabled=half):
                answers = flat(case())
            return [*answers, *gradients(case, answers)]
        finally:
            torch.set_num_threads(before)

    one = results(1)
    for threads in (2, 5):
        assert all(torch.equal(a, b) for a, b in zip(one, results(threads), strict=True))


@pytest.mark.parametrize("cell", CELLS)
def test_parameters_are_those_of_torchs_layer(cell):
    ours, theirs = OURS[cell](4, 3), STOCK[cell](4, 3, batch_first=True)
    assert isinstance(ours, STOCK[cell])
    ours.load_state_dict(theirs.state_dict())
    theirs.load_state_dict(ours.state_dict())
    inputs = torch.randn(2, 5, 4)
    again = pickle.loads(pickle.dumps(ours))
    assert_close(again(inputs)[0], theirs(inputs)[0])


@pytest.mark.parametrize("cell", CELLS)
def test_only_what_is_asked_for_gets_a_gradient(way, cell):
    case = Case.make(cell)
    with torch.no_grad():
        assert not case()[0].requires_grad
    with torch.inference_mode():
        assert_close(flat(case()), [one.detach() for one in flat(case.to(torch.float32)())])
    expected = gradients(watched(case), flat(case()))
    case.layer.requires_grad_(False)
    (grad,) = torch.autograd.grad(case()[0].sum(), case.inputs)
    case.layer.requires_grad_()
    assert_close(grad, torch.autograd.grad(case()[0].sum(), case.inputs)[0])
    case.layer.weight_ih_l0.requires_grad_(False)
    assert_close(
        torch.autograd.grad(case()[0].sum(), case.layer.weight_hh_l0)[0].shape, expected[-3].shape
    )


@pytest.mark.parametrize("way", ["compiled", "torch"], indirect=True)
def test_differentiating_twice_is_refused(way):
    case = watched(Case.make("gru"))
    with pytest.raises(RuntimeError, match="differentiated twice by"):
        torch.autograd.grad(case()[0].sum(), case.inputs, create_graph=True)


@pytest.mark.parametrize("cell", CELLS)
def test_inputs_may_lie_anyhow(way, cell):
    case = Case.make(cell, (5, 6, 4, 3))
    answers = flat(case())
    case.inputs = case.inputs.transpose(0, 2).contiguous().transpose(0, 2)
    assert_close(flat(case()), answers)
    case.inputs = case.inputs.transpose(0, 1).contiguous().transpose(0, 1)
    assert_close(flat(case()), answers)


def test_a_model_in_bfloat16(way):
    case = Case.make("lstm", dtype=torch.bfloat16)
    outputs, (state, _) = case()
    assert outputs.dtype == state.dtype == torch.bfloat16
    outputs.sum().backward()
    assert case.layer.weight_hh_l0.grad.dtype == torch.bfloat16


@pytest.mark.parametrize("way", ["compiled", "torch"], indirect=True)
def test_nan_is_passed_on(way):
    case = watched(Case.make("gru", lengths=False))
    case.inputs.data[2, 3, 1] = torch.nan
    answers = flat(case())
    assert answers[0][2, 3:].isnan().all()
    assert not answers[0][[0, 1, 3, 4]].isnan().any()
    assert all(one.isnan().any() for one in gradients(case, answers))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"inputs": torch.zeros(5, 6, 3)}, "inputs must be"),
        ({"lengths": torch.tensor([1, 2])}, "lengths must be"),
        ({"lengths": torch.tensor([1, 2, 3, 4, 7])}, "0 to T = 6"),
        ({"lengths": torch.tensor([1, 2, 3, 4, -1])}, "0 to T = 6"),
        ({"kept": torch.ones(5, 4)}, "kept must be"),
        ({"kept": torch.ones(5, 3, requires_grad=True)}, "constant"),
        ({"initial": (torch.zeros(1, 5, 3),)}, "initial must be"),
        ({"initial": (torch.zeros(5, 3), torch.zeros(5, 3))}, "for an LSTM"),
    ],
)
def test_what_does_not_fit_is_refused(change, message):
    kernels.use("torch")
    with pytest.raises(ValueError, match=message):
        Case(**{**vars(Case.make("gru")), **change})()
