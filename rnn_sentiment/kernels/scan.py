"""Linear recurrences, h_t = a_t h_{t-1} + b_t, in plain torch with a backward pass of their own.

The gradient of such a recurrence is another one, from the last step to the first. On a CPU, steps
are taken in sequence, since a single pass over memory is fastest there. Elsewhere they are combined
by halves (Blelloch, 1990; Martin & Cundy, 2018), in 2 log2(T) operations instead of T. Nothing is
divided, and no logarithm is taken, so only values that have decayed are lost to rounding.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable


def scan(
    decay: Tensor,
    values: Tensor,
    lengths: Tensor | None = None,
    reverse: bool = False,
    initial: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """Compute `state = decay * state + value` at each of a row's tokens.

    Args:
        decay: (B, T, H) or (H,), real or complex.
        values: (B, T, H), of the same type.
        lengths: (B,) tokens of each row, 0 to T; all T without them.
        reverse: read each row from its last token to its first; states stay in place.
        initial: (B, H) before the first token; zero by default.

    Returns:
        States `(B, T, H)`, zero at padding, and the one after each row's last token `(B, H)`.
    """
    padding = None
    if lengths is not None:
        steps = torch.arange(values.shape[1], device=values.device)
        padding = (steps >= lengths.to(values.device)[:, None])[:, :, None]
    if initial is None:
        initial = torch.zeros_like(values[:, 0])
    decay = decay.expand_as(values)
    found: tuple[Tensor, Tensor] = _Scan.apply(decay, values, initial, padding, reverse)  # type: ignore[no-untyped-call]
    return found


class _Scan(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        decay: Tensor,
        values: Tensor,
        initial: Tensor,
        padding: Tensor | None,
        reverse: bool,
    ) -> tuple[Tensor, Tensor]:
        if padding is not None:  # a step that changes nothing, so either direction may pass it
            decay, values = decay.masked_fill(padding, 1), values.masked_fill(padding, 0)
        if reverse:
            decay, values = decay.flip(1), values.flip(1)
        states = solve(decay, values, initial)
        ctx.padding, ctx.reverse = padding, reverse
        ctx.save_for_backward(decay, states, initial)
        return _in_place(states, padding, reverse), states[:, -1].clone()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_states: Tensor, grad_final: Tensor) -> tuple[Tensor | None, ...]:
        decay, states, initial = ctx.saved_tensors
        if ctx.padding is not None:
            grad_states = grad_states.masked_fill(ctx.padding, 0)
        if not ctx.reverse:  # the way back
            grad_states = grad_states.flip(1)
        backwards = decay.conj().flip(1)
        # The last state's gradient comes from outside, and has not decayed.
        later = torch.cat([torch.ones_like(backwards[:, :1]), backwards[:, :-1]], dim=1)
        grads = solve(later, grad_states, grad_final).flip(1)
        before = torch.cat([initial[:, None], states[:, :-1]], dim=1)
        grad_initial = decay[:, 0].conj() * grads[:, 0]
        return (
            _in_place(grads * before.conj(), ctx.padding, ctx.reverse),
            _in_place(grads, ctx.padding, ctx.reverse),
            grad_initial,
            None,
            None,
        )


def _in_place(found: Tensor, padding: Tensor | None, reverse: bool) -> Tensor:
    """States in reading order, put back into their places in the batch; zero at padding."""
    found = found.flip(1) if reverse else found
    return found if padding is None else found.masked_fill(padding, 0)


def solve(decay: Tensor, values: Tensor, initial: Tensor) -> Tensor:
    """All states `(B, T, H)` of rows without padding, in the way that suits the device."""
    way = step_by_step if values.device.type == "cpu" else by_halves
    return way(decay, values, initial)


def step_by_step(decay: Tensor, values: Tensor, initial: Tensor) -> Tensor:
    """All states, one after the other."""
    states, state = torch.empty_like(values), initial
    for own, value, found in zip(decay.unbind(1), values.unbind(1), states.unbind(1), strict=True):
        state = torch.addcmul(value, own, state, out=found)
    return states


def by_halves(decay: Tensor, values: Tensor, initial: Tensor) -> Tensor:
    """All states, those of every second step first: a recurrence of half the length."""
    states = torch.empty_like(values)
    states[:, 0] = torch.addcmul(values[:, 0], decay[:, 0], initial)
    num_steps = values.shape[1]
    if num_steps == 1:
        return states
    # Steps 1 and 2, 3 and 4, ... become one each; a last step may be left over.
    first, second = slice(1, num_steps - 1, 2), slice(2, num_steps, 2)
    if num_steps > 2:
        states[:, second] = by_halves(
            decay[:, second] * decay[:, first],
            torch.addcmul(values[:, second], decay[:, second], values[:, first]),
            states[:, 0],
        )
    before = states[:, 0 : num_steps - 1 : 2]
    states[:, 1::2] = torch.addcmul(values[:, 1::2], decay[:, 1::2], before)
    return states
