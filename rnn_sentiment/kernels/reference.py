"""Recurrent layers in plain torch, with the whole backward pass as one step of autograd.

Otherwise, autograd would record and run a dozen small operations for every step. This path is used
without a C++ compiler and for float64, and the compiled kernels are tested against it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from rnn_sentiment.kernels.cells import CELLS, Steps, Trace
from rnn_sentiment.kernels.sequence import Operands, Reading, States, refuse_second_derivatives

STEPS = 16  # whose backward pass is prepared at once: few enough that it all stays in the cache


def compute(reading: Reading, operands: Operands) -> States:
    """Read a batch, computing in the weights' type, at least float32.

    Args:
        reading: cell, direction, lengths and mask; under `half`, the products over all tokens
            are in bfloat16.
        operands: inputs, weights and initial states.

    Returns:
        Outputs, bfloat16 under `half`, and final states in the type of the computation.
    """
    own = torch.promote_types(operands.weight_hh.dtype, torch.float32)
    inputs, *weights, state, memory = operands
    rest = (*(None if one is None else one.to(own) for one in weights), state, memory)
    with torch.autocast("cpu", enabled=False):
        return States(*_Recurrence.apply(reading, inputs, *rest))  # type: ignore[no-untyped-call]


class _Recurrence(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, reading: Reading, *tensors: Tensor | None) -> tuple[Tensor | None, ...]:
        inputs, weight_ih, weight_hh, bias_ih, bias_hh, *initial = tensors
        assert inputs is not None
        assert weight_ih is not None
        assert weight_hh is not None
        order = Order(reading, inputs)
        steps = _steps(order, reading, weight_hh, bias_hh, initial)
        first = steps.state.clone(), steps.memory.clone()
        taken = _rounded(reading, order.take(inputs))  # (N, E)
        given = (taken @ _rounded(reading, weight_ih.t())).to(weight_hh.dtype)
        if bias_ih is not None:
            given += bias_ih
        states = given.new_empty(len(given), weight_hh.shape[1])
        cell = CELLS[reading.cell]
        own = cell.forward(steps, given, states)
        before = order.before(states, first[0])
        own_before = order.before(own, first[1]) if reading.cell == "lstm" else own
        ctx.reading, ctx.order, ctx.shape = reading, order, inputs.shape
        ctx.dtypes = [weight_hh.dtype if one is None else one.dtype for one in tensors]
        ctx.save_for_backward(weight_ih, weight_hh, taken, given, before, own, own_before)
        dtype = torch.bfloat16 if reading.half else states.dtype
        memory = order.restore(steps.memory) if reading.cell == "lstm" else None
        return order.put(states.to(dtype), inputs.shape), order.restore(steps.state), memory

    @staticmethod
    def backward(ctx: Any, *grads: Tensor | None) -> tuple[Tensor | None, ...]:
        refuse_second_derivatives()
        with torch.autocast("cpu", enabled=False):
            return None, *_gradients(ctx, grads)


def _gradients(ctx: Any, grads: tuple[Tensor | None, ...]) -> list[Tensor | None]:
    """The gradients of `_Recurrence`'s tensors."""
    reading, order, cell = ctx.reading, ctx.order, CELLS[ctx.reading.cell]
    weight_ih, weight_hh, taken, *traced = ctx.saved_tensors
    trace = Trace(*traced)
    steps = _steps(order, reading, weight_hh, None, list(grads[1:]))
    parts, end = [], len(trace.gates)
    for first in reversed(range(0, len(order.counts), STEPS)):
        steps.counts = order.counts[first : first + STEPS]
        tokens = slice(end - sum(steps.counts), end)
        end = tokens.start
        given = order.take(grads[0], tokens).to(weight_hh.dtype)
        sums = cell.backward(steps, given, Trace(*(one[tokens] for one in trace)))
        parts.append((_rounded(reading, sums), sums.sum(0)))
    size, rows = weight_hh.shape[1], len(weight_hh)
    turn = size if cell.twice else 0  # the last gate's gradients come first
    sums = torch.cat([part for part, _ in reversed(parts)])
    biases = torch.stack([bias for _, bias in parts]).sum(0)
    from_input, from_state = sums[:, :rows], sums[:, -rows:]
    entered = trace.before
    if steps.kept is not None:
        entered = entered * torch.cat([steps.kept[:count] for count in order.counts])
    results: tuple[Callable[[], Tensor], ...] = (
        lambda: order.put(from_input @ _rounded(reading, weight_ih.roll(turn, 0)), ctx.shape),
        lambda: (from_input.t() @ taken).roll(-turn, 0),
        lambda: from_state.t() @ _rounded(reading, entered),
        lambda: biases[:rows].roll(-turn, 0),
        lambda: biases[-rows:],
        lambda: order.restore(steps.state),
        lambda: order.restore(steps.memory),
    )
    needed = ctx.needs_input_grad[1:]
    return [
        result().to(dtype) if need else None
        for result, need, dtype in zip(results, needed, ctx.dtypes, strict=True)
    ]


class Order:
    """The order of a padded batch's tokens step by step, with the longest row first.

    Args:
        reading: direction and lengths.
        inputs: (B, T, ...), only for its sizes.
    """

    def __init__(self, reading: Reading, inputs: Tensor) -> None:
        batch, steps = inputs.shape[:2]
        lengths = torch.full((batch,), steps) if reading.lengths is None else reading.lengths
        lengths, self.rows = lengths.sort(descending=True, stable=True)
        step = torch.arange(steps)[:, None]
        active = lengths > step  # (T, B)
        self.counts: list[int] = active.sum(1).tolist()
        positions = lengths - 1 - step if reading.reverse else step
        self.index = (self.rows * steps + positions)[active]  # (N,)

    def take(self, padded: Tensor, tokens: slice = slice(None)) -> Tensor:
        """The tokens `(N, D)` of `padded (B, T, D)`, or some of them."""
        return padded.flatten(0, 1).index_select(0, self.index[tokens])

    def put(self, tokens: Tensor, shape: torch.Size) -> Tensor:
        """Put `tokens (N, D)` at their places in zeros `(B, T, D)`."""
        padded = tokens.new_zeros(shape[0] * shape[1], tokens.shape[1])
        return padded.index_copy_(0, self.index, tokens).view(shape[0], shape[1], -1)

    def restore(self, rows: Tensor) -> Tensor:
        """Put `rows (B, H)`, the longest first, back into the order of the batch."""
        return torch.empty_like(rows).index_copy_(0, self.rows, rows)

    def before(self, tokens: Tensor, first: Tensor) -> Tensor:
        """For each token the one a step before, `(N, H)`, or its row of `first (B, H)`."""
        earlier = first, *torch.split(tokens, self.counts)
        return torch.cat([one[:count] for one, count in zip(earlier, self.counts, strict=False)])


def _steps(
    order: Order,
    reading: Reading,
    weight: Tensor,
    bias: Tensor | None,
    carried: list[Tensor | None],
) -> Steps:
    shape = len(order.rows), weight.shape[1]
    state, memory = (
        weight.new_zeros(shape) if one is None else one.to(weight.dtype)[order.rows]
        for one in carried
    )
    kept = None if reading.kept is None else reading.kept.to(weight.dtype)[order.rows]
    if bias is None:
        bias = weight.new_zeros(len(weight))
    return Steps(order.counts, weight, bias, kept, state, memory)


def _rounded(reading: Reading, operand: Tensor) -> Tensor:
    """An operand of a product over all tokens, in bfloat16 if requested and fast here."""
    if reading.half and torch.ops.mkldnn._is_mkldnn_bf16_supported():
        return operand.bfloat16()
    return operand.float() if reading.half else operand
