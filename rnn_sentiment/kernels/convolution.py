"""Convolution, ReLU, dropout and the maximum over a row's steps, as one pass over the inputs.

Only a filter's largest value per row is kept: outputs need no memory, and the backward pass, which
is two thirds of a convolution's work, goes through one window for each filter and row.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from rnn_sentiment.kernels.calls import run, structure
from rnn_sentiment.kernels.dropout import draw_seed, level
from rnn_sentiment.kernels.lengths import checked

# `Filters` and `Convolve` in source/convolution.h.
Filters = structure("Filters", "width count", "weight bias grad_weight grad_bias")
Convolve = structure(
    "Convolve",
    "half half_inputs threads batch steps input_size num_widths columns seed dropped",
    "filters inputs lengths pooled positions grad_inputs",
)


def convolve_max(
    inputs: Tensor,
    lengths: Tensor,
    convolutions: Sequence[torch.nn.Conv1d],
    dropout: float,
    half: bool,
) -> Tensor:
    """The largest value of every filter in each row: `(B, filters of all convolutions)`.

    Filters see zeros around a row's tokens, `(width - 1) // 2` in front and `width // 2` behind.

    Args:
        inputs: (B, T, E); values at padding are not read.
        lengths: (B,) tokens of each row.
        convolutions: layers with biases; the filters of each follow those of the previous one.
        dropout: share of the values dropped, after ReLU and before the maximum.
        half: multiply in bfloat16, sum in float32, and return bfloat16.
    """
    if not (half and inputs.dtype == torch.bfloat16):
        inputs = inputs.float()
    own: Sequence[Any] = convolutions  # whose biases torch's types call optional
    parameters = [one.float() for each in own for one in (each.weight, each.bias)]
    pooled: Tensor = _ConvolveMax.apply(  # type: ignore[no-untyped-call]
        inputs.contiguous(), checked(lengths, inputs), half, level(dropout), *parameters
    )
    return pooled


class _ConvolveMax(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, inputs: Tensor, lengths: Tensor, half: bool, dropped: int, *parameters: Tensor
    ) -> Tensor:
        batch, steps, size = inputs.shape
        columns = sum(len(weight) for weight in parameters[::2])
        ctx.numbers = {
            "half": half,
            "half_inputs": inputs.dtype == torch.bfloat16,
            "batch": batch,
            "steps": steps,
            "input_size": size,
            "num_widths": len(parameters) // 2,
            "columns": columns,
            "seed": draw_seed() if dropped else 0,
            "dropped": dropped,
        }
        pooled = inputs.new_empty(batch, columns, dtype=torch.bfloat16 if half else torch.float32)
        positions = torch.empty(batch, columns, dtype=torch.int32)
        ctx.save_for_backward(inputs, lengths, positions, *parameters)
        run(
            "convolve_forward", Convolve, **ctx.numbers, filters=_filters(parameters),
            inputs=inputs, lengths=lengths, pooled=pooled, positions=positions,
        )  # fmt: skip
        return pooled

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        inputs, lengths, positions, *parameters = ctx.saved_tensors
        grad_inputs = torch.empty_like(inputs) if ctx.needs_input_grad[0] else None
        grads = [torch.empty_like(one) for one in parameters]
        run(
            "convolve_backward", Convolve, **ctx.numbers, filters=_filters(parameters, grads),
            inputs=inputs, lengths=lengths, pooled=grad.contiguous(), positions=positions,
            grad_inputs=grad_inputs,
        )  # fmt: skip
        return grad_inputs, None, None, None, *grads


def _filters(parameters: Sequence[Tensor], grads: Sequence[Tensor] = ()) -> ctypes.Array[Any]:
    """The filters of each width as arguments of the library."""
    fields = ("weight", "bias", "grad_weight", "grad_bias")
    structures = []
    for at in range(0, len(parameters), 2):
        arrays = [*parameters[at : at + 2], *grads[at : at + 2]]
        addresses = dict(zip(fields, map(Tensor.data_ptr, arrays), strict=False))
        weight = parameters[at]
        structures.append(Filters(width=weight.shape[2], count=len(weight), **addresses))
    return (Filters * len(structures))(*structures)
