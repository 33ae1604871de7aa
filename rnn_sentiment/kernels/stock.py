"""torch's own recurrent layers behind the same interface: for GPUs, and for comparison."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from rnn_sentiment.kernels.sequence import Operands, Reading, States

Layer = Callable[[Tensor, Any], tuple[Tensor, Any]]


def compute(
    layer: Layer,
    reading: Reading,
    operands: Operands,
) -> States:
    """Read a batch as `layer`, the forward pass of an `nn.RNNBase`, does.

    Args:
        layer: takes inputs and initial states.
        reading: cell, direction, lengths and mask. No layer of torch's takes a mask: with one,
            the cell is stepped through.
        operands: inputs, the layer's weights, and initial states.

    Returns:
        Outputs and final states. With lengths, an LSTM's final cell state is None, since torch's
        layer only returns that of step T.
    """
    inputs, state = operands.inputs, operands.state
    mask = order = None
    steps = torch.arange(inputs.shape[1], device=inputs.device)
    last = inputs.shape[1] - 1 - steps
    if reading.lengths is not None:
        lengths = reading.lengths.to(inputs.device)[:, None]
        mask = steps < lengths  # (B, T)
        last = torch.where(mask, lengths - 1 - steps, steps)
    if reading.reverse:
        order = last.expand(inputs.shape[:2])[:, :, None]
        inputs = inputs.gather(1, order.expand_as(inputs))
    if reading.kept is not None:
        outputs, final, final_memory = step_through(reading, operands._replace(inputs=inputs))
    else:
        outputs, final, final_memory = _call(layer, reading, inputs, state, operands.memory)
    if mask is not None:
        ends = (lengths - 1).clamp(min=0)[:, :, None].expand(-1, 1, outputs.shape[2])
        first = torch.zeros_like(final) if state is None else state.to(final.dtype)
        final = torch.where(lengths > 0, outputs.gather(1, ends)[:, 0], first)
        final_memory = None
        outputs = outputs.masked_fill(~mask[:, :, None], 0)
    if order is not None:
        outputs = outputs.gather(1, order.expand_as(outputs))
    return States(outputs, final, final_memory)


def _call(
    layer: Layer,
    reading: Reading,
    inputs: Tensor,
    state: Tensor | None,
    memory: Tensor | None,
) -> States:
    if reading.cell != "lstm":
        outputs, final = layer(inputs, None if state is None else state[None])
        return States(outputs, final[0], None)
    initial = None if state is None or memory is None else (state[None], memory[None])
    outputs, (final, final_memory) = layer(inputs, initial)
    return States(outputs, final[0], final_memory[0])


def step_through(reading: Reading, operands: Operands) -> States:
    """Run a cell step by step, as torch's layers do.

    States are carried in float32 even under autocast, or they would be rounded at each of hundreds
    of steps.
    """
    inputs, weight_ih, weight_hh, bias_ih, bias_hh, state, memory = operands
    kept, size = reading.kept, weight_hh.shape[1]
    assert kept is not None
    zeros = torch.zeros_like(kept)
    state = zeros if state is None else state
    memory = zeros if memory is None else memory
    states = []
    for given in F.linear(inputs, weight_ih, bias_ih).unbind(1):
        recalled = F.linear(state * kept, weight_hh, bias_hh)
        if reading.cell == "lstm":
            write, keep, new, show = (given + recalled).chunk(4, dim=1)
            memory = keep.sigmoid() * memory + write.sigmoid() * new.tanh()
            state = show.sigmoid() * memory.tanh()
        elif reading.cell == "gru":
            gates = (given[:, : 2 * size] + recalled[:, : 2 * size]).sigmoid()
            reset, keep = gates.chunk(2, dim=1)
            new = (given[:, 2 * size :] + reset * recalled[:, 2 * size :]).tanh()
            state = (1 - keep) * new + keep * state
        else:
            state = (given + recalled).tanh()
        states.append(state)
    return States(torch.stack(states, dim=1), state, memory if reading.cell == "lstm" else None)
