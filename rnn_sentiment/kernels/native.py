"""Recurrent layers in compiled kernels, as one step of autograd."""

from __future__ import annotations

import ctypes
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from rnn_sentiment.kernels.build import library
from rnn_sentiment.kernels.calls import run, structure
from rnn_sentiment.kernels.sequence import (
    CellName,
    Operands,
    Reading,
    States,
    refuse_second_derivatives,
)

NUMBERS = (
    "cell half half_inputs reverse threads batch steps input_size hidden_size "
    "row_stride step_stride"
)
ARRAYS = (
    "inputs lengths weight_ih weight_hh bias_ih bias_hh kept initial_state initial_memory outputs "
    "final_state final_memory saved grad_outputs grad_final_state grad_final_memory grad_inputs "
    "grad_weight_ih grad_weight_hh grad_bias_ih grad_bias_hh grad_initial_state grad_initial_memory"
)
Call = structure("Call", NUMBERS, ARRAYS)  # in source/layout.h
TENSORS = (
    "inputs",
    "weight_ih",
    "weight_hh",
    "bias_ih",
    "bias_hh",
    "initial_state",
    "initial_memory",
)
CELLS: dict[CellName, int] = {"rnn": 0, "lstm": 1, "gru": 2}
SAVED: dict[CellName, int] = {"rnn": 0, "lstm": 5, "gru": 4}  # numbers per feature of a token


def compute(reading: Reading, operands: Operands) -> States:
    """Read a batch, computing in float32 or, under `half`, in bfloat16 products.

    Args:
        reading: cell, direction, lengths and mask.
        operands: inputs, weights and initial states.

    Returns:
        Outputs, bfloat16 under `half`, and final states in float32.
    """
    kept = None if reading.kept is None else reading.kept.float().contiguous()
    reading = replace(reading, kept=kept)
    inputs, *rest = operands
    inputs = inputs if reading.half and inputs.dtype == torch.bfloat16 else inputs.float()
    tensors = (inputs, *(None if one is None else one.float().contiguous() for one in rest))
    if torch.is_grad_enabled() and any(t is not None and t.requires_grad for t in tensors):
        return States(*_Recurrence.apply(reading, *tensors))  # type: ignore[no-untyped-call]
    return _forward(reading, tensors, save=False)[0]


class _Recurrence(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, reading: Reading, *tensors: Tensor | None) -> tuple[Tensor | None, ...]:
        states, saved = _forward(reading, tensors, save=True)
        ctx.reading = reading
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(*tensors, states.outputs, saved)
        return tuple(states)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor | None) -> tuple[Tensor | None, ...]:
        refuse_second_derivatives()
        *tensors, outputs, saved = ctx.saved_tensors
        needed = ctx.needs_input_grad[1:]
        return None, *_backward(ctx.reading, tensors, outputs, saved, grads, needed)


def _forward(
    reading: Reading, tensors: tuple[Tensor | None, ...], save: bool
) -> tuple[States, Tensor | None]:
    given = _Given(reading, tensors)
    batch, steps, size = given.batch, given.steps, given.size
    dtype = torch.bfloat16 if reading.half else torch.float32
    outputs = torch.empty(batch, steps, size, dtype=dtype)
    state = torch.empty(batch, size, dtype=torch.float32)
    memory = torch.empty_like(state) if reading.cell == "lstm" else None
    saved = None
    if save:
        tokens = batch * steps if reading.lengths is None else int(reading.lengths.sum())
        width = _library().recurrent_width(size)
        saved = torch.empty(tokens, SAVED[reading.cell], width, dtype=dtype)
    given.run(
        "recurrent_forward", outputs=outputs, final_state=state, final_memory=memory, saved=saved
    )
    return States(outputs, state, memory), saved


def _backward(
    reading: Reading,
    tensors: list[Tensor | None],
    outputs: Tensor,
    saved: Tensor,
    grads: tuple[Tensor | None, ...],
    needed: tuple[bool, ...],
) -> list[Tensor | None]:
    given = _Given(reading, tensors)
    grad_outputs, grad_state, grad_memory = (
        None if grad is None else grad.contiguous() for grad in grads
    )
    if grad_outputs is None:
        grad_outputs = torch.zeros_like(outputs)
    # All weights' gradients come from one pass: of one, all are asked for.
    asked = (needed[0], *[any(needed[1:5])] * 4, *needed[5:])
    results = [
        torch.empty(tensor.shape, dtype=tensor.dtype) if ask and tensor is not None else None
        for ask, tensor in zip(asked, tensors, strict=True)
    ]
    given.run(
        "recurrent_backward",
        outputs=outputs,
        saved=saved,
        grad_outputs=grad_outputs,
        grad_final_state=grad_state,
        grad_final_memory=grad_memory,
        **{f"grad_{name}": result for name, result in zip(TENSORS, results, strict=True)},
    )
    return [result if need else None for result, need in zip(results, needed, strict=True)]


class _Given:
    """The arguments of both passes, as a `Call`."""

    def __init__(self, reading: Reading, tensors: Any) -> None:
        inputs, weight_ih, weight_hh, bias_ih, bias_hh, state, memory = tensors
        inputs = inputs if inputs.stride(2) == 1 else inputs.contiguous()
        self.batch, self.steps, input_size = inputs.shape
        self.size = weight_hh.shape[1]
        self.numbers = {
            "cell": CELLS[reading.cell],
            "half": reading.half,
            "half_inputs": inputs.dtype == torch.bfloat16,
            "reverse": reading.reverse,
            "batch": self.batch,
            "steps": self.steps,
            "input_size": input_size,
            "hidden_size": self.size,
            "row_stride": inputs.stride(0),
            "step_stride": inputs.stride(1),
        }
        self.arrays = {
            "inputs": inputs,
            "lengths": reading.lengths,
            "weight_ih": weight_ih,
            "weight_hh": weight_hh,
            "bias_ih": bias_ih,
            "bias_hh": bias_hh,
            "kept": reading.kept,
            "initial_state": state,
            "initial_memory": memory,
        }

    def run(self, name: str, **arrays: Tensor | None) -> None:
        """Call function `name` of the library with further `arrays`."""
        run(name, Call, **self.numbers, **self.arrays | arrays)


def _library() -> ctypes.CDLL:
    loaded = library()
    loaded.recurrent_width.restype = ctypes.c_int64
    loaded.recurrent_width.argtypes = (ctypes.c_int64,)
    return loaded
