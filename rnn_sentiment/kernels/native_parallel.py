"""The compiled recurrences whose gates do not depend on the state, as one step of autograd."""

from __future__ import annotations

from typing import Any, Literal

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from rnn_sentiment.kernels.calls import run, structure

Name = Literal["mingru", "minlstm", "qrnn", "turning"]
CELLS: dict[Name, int] = {"mingru": 0, "minlstm": 1, "qrnn": 2, "turning": 3}

# `Recurrence` in source/parallel.h.
Recurrence = structure(
    "Recurrence",
    "cell half reverse threads batch steps size",
    "sums decay lengths initial outputs states final_state grad_outputs grad_final grad_sums "
    "grad_decay grad_initial",
)


def compute(
    cell: Name,
    sums: Tensor,
    size: int,
    lengths: Tensor | None,
    reverse: bool,
    initial: Tensor | None,
    decay: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """Run a cell over `sums (B, T, gates * size)`, which are float32 or bfloat16.

    Args:
        cell: name of the cell.
        sums: sums of all gates; for `turning`, alternating real and imaginary parts.
        size: number of features of a state.
        lengths: (B,) int64 on the CPU, 0 to T; all T without them.
        reverse: read each row from its last token to its first.
        initial: (B, size) float32 before the first token; zero by default.
        decay: (size,) float32, for `turning`.

    Returns:
        Outputs `(B, T, size)` of the sums' type, and final states `(B, size)` in float32.
    """
    if initial is None:
        initial = torch.zeros(len(sums), size, dtype=torch.float32)
    given = sums.contiguous(), initial.contiguous(), None if decay is None else decay.contiguous()
    found: tuple[Tensor, Tensor] = _Recurrence.apply(cell, lengths, reverse, *given)  # type: ignore[no-untyped-call]
    return found


class _Recurrence(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        cell: Name,
        lengths: Tensor | None,
        reverse: bool,
        sums: Tensor,
        initial: Tensor,
        decay: Tensor | None,
    ) -> tuple[Tensor, Tensor]:
        size = initial.shape[1]
        states = sums.new_empty(*sums.shape[:2], size)
        outputs = torch.empty_like(states) if cell == "qrnn" else states
        final = torch.empty_like(initial)
        ctx.how = cell, lengths, reverse
        # A linear recurrence has gradients that do not read its sums.
        ctx.save_for_backward(states if cell == "turning" else sums, initial, decay, states)
        _run(
            "parallel_forward", *ctx.how, sums=sums, initial=initial, decay=decay,
            outputs=outputs, states=states, final_state=final,
        )  # fmt: skip
        return outputs, final

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_outputs: Tensor, grad_final: Tensor) -> tuple[Tensor | None, ...]:
        sums, initial, decay, states = ctx.saved_tensors
        grad_sums, grad_initial = torch.empty_like(sums), torch.empty_like(initial)
        grad_decay = None if decay is None else torch.empty_like(initial)
        _run(
            "parallel_backward", *ctx.how, sums=sums, initial=initial, decay=decay, states=states,
            grad_outputs=grad_outputs.contiguous(), grad_final=grad_final.contiguous(),
            grad_sums=grad_sums, grad_decay=grad_decay, grad_initial=grad_initial,
        )  # fmt: skip
        of_decay = None if grad_decay is None else grad_decay.sum(0)
        return None, None, None, grad_sums, grad_initial, of_decay


def _run(
    function: str,
    cell: Name,
    lengths: Tensor | None,
    reverse: bool,
    *,
    sums: Tensor,
    initial: Tensor,
    **arrays: Tensor | None,
) -> None:
    """Call a function of the library."""
    batch, steps, _ = sums.shape
    run(
        function,
        Recurrence,
        cell=CELLS[cell],
        half=sums.dtype == torch.bfloat16,
        reverse=reverse,
        batch=batch,
        steps=steps,
        size=initial.shape[1],
        sums=sums,
        initial=initial,
        lengths=lengths,
        **arrays,
    )
