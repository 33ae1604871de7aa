"""The three cells in plain torch, over all steps: forward, and the gradients of their sums.

Tokens are stored step after step, and the rows of a step are the first rows of the step before.
Forward passes turn the contributions of the inputs into the gates, in place. Backward passes first
compute, for all tokens at once, the factors that turn a state's gradient into those of the gates'
sums; each step is then a few operations.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from rnn_sentiment.kernels.sequence import CellName


@dataclass
class Steps:
    """What both passes use and carry from step to step.

    Args:
        counts: rows of each step, never rising.
        weight: (gates * H, H).
        bias: (gates * H,) of the products with the state.
        kept: (B, H) or None, multiplies the state that enters them.
        state: (B, H), carried from step to step: the state, or its gradient on the way back.
        memory: (B, H), an LSTM's cell state, or its gradient.
    """

    counts: list[int]
    weight: Tensor
    bias: Tensor
    kept: Tensor | None
    state: Tensor
    memory: Tensor

    def forwards(self, *tokens: Tensor) -> Iterator[tuple[Tensor, ...]]:
        """Each step's rows of the state, of the memory and of `tokens (N, ...)`."""
        for count, *parts in zip(
            self.counts, *(torch.split(t, self.counts) for t in tokens), strict=True
        ):
            yield self.state[:count], self.memory[:count], *parts

    def backwards(self, *tokens: Tensor) -> Iterator[tuple[Tensor, ...]]:
        """The same from the last step to the first."""
        yield from reversed(list(self.forwards(*tokens)))

    def recall(self, state: Tensor) -> Tensor:
        """What the states `(count, H)` contribute to the sums `(count, gates * H)`."""
        if self.kept is not None:
            state = state * self.kept[: len(state)]
        return torch.addmm(self.bias, state, self.weight.t())

    def through(self, grads: Tensor) -> Tensor:
        """The states' gradient `(count, H)`, from that of the sums `(count, gates * H)`."""
        grad = grads @ self.weight
        return grad if self.kept is None else grad * self.kept[: len(grad)]


class Trace(NamedTuple):
    """What the backward pass needs of the forward pass, each (N, H) except the gates."""

    gates: Tensor  # (N, gates * H)
    before: Tensor  # states before each step
    own: Tensor  # RNN: states; LSTM: memories; GRU: what the state contributes to the new one
    own_before: Tensor  # LSTM: memories before each step


class Cell(NamedTuple):
    """A cell's passes.

    `forward(steps, given, states)` turns `given (N, gates * H)` into the gates, writes `states
    (N, H)`, and answers `Trace.own`. `backward(steps, grads, trace)`, of the states' gradients
    `grads (N, H)`, answers those of the sums `(N, parts * H)`: the products with the state have
    the last `gates` parts, those with the input the first ones. Where these differ, as in a GRU,
    the last gate's comes first and last.
    """

    forward: Callable[[Steps, Tensor, Tensor], Tensor]
    backward: Callable[[Steps, Tensor, Trace], Tensor]
    twice: bool = False


def _rnn_forward(steps: Steps, given: Tensor, states: Tensor) -> Tensor:
    for state, _, sums, output in steps.forwards(given, states):
        state.copy_(torch.tanh(sums + steps.recall(state), out=output))
    return states


def _rnn_backward(steps: Steps, grads: Tensor, trace: Trace) -> Tensor:
    sums = 1 - trace.own.square()
    for state, _, grad, own in steps.backwards(grads, sums):
        own.mul_(state.add_(grad))
        state.copy_(steps.through(own))
    return sums


def _lstm_forward(steps: Steps, given: Tensor, states: Tensor) -> Tensor:
    size = states.shape[1]
    memories = torch.empty_like(states)
    for state, memory, gates, output, kept in steps.forwards(given, states, memories):
        gates += steps.recall(state)
        gates[:, : 2 * size].sigmoid_()
        gates[:, 2 * size : 3 * size].tanh_()
        gates[:, 3 * size :].sigmoid_()
        write, keep, new, show = torch.split(gates, size, 1)
        kept.copy_(memory.mul_(keep).addcmul_(write, new))
        state.copy_(torch.mul(show, memory.tanh(), out=output))
    return memories


def _lstm_backward(steps: Steps, grads: Tensor, trace: Trace) -> Tensor:
    write, keep, new, show = trace.gates.chunk(4, 1)
    shown = trace.own.tanh()
    to_memory = show * (1 - shown.square())
    sums = torch.stack(
        (
            new * write * (1 - write),
            trace.own_before * keep * (1 - keep),
            write * (1 - new.square()),
            shown * show * (1 - show),
        ),
        1,
    )
    for state, memory, grad, own, factor, kept in steps.backwards(grads, sums, to_memory, keep):
        memory.addcmul_(state.add_(grad), factor)
        own[:, :3].mul_(memory[:, None])
        own[:, 3].mul_(state)
        memory.mul_(kept)
        state.copy_(steps.through(own.flatten(1)))
    return sums.flatten(1)


def _gru_forward(steps: Steps, given: Tensor, states: Tensor) -> Tensor:
    size = states.shape[1]
    recalled = torch.empty_like(states)
    for state, _, gates, output, kept in steps.forwards(given, states, recalled):
        sums = steps.recall(state)
        gates[:, : 2 * size].add_(sums[:, : 2 * size]).sigmoid_()
        kept.copy_(sums[:, 2 * size :])
        reset, keep, new = torch.split(gates, size, 1)
        new.addcmul_(reset, kept).tanh_()
        state.copy_(torch.lerp(new, state, keep, out=output))
    return recalled


def _gru_backward(steps: Steps, grads: Tensor, trace: Trace) -> Tensor:
    size = trace.own.shape[1]
    reset, keep, new = trace.gates.chunk(3, 1)
    to_new = (1 - keep) * (1 - new.square())
    sums = torch.stack(
        (
            to_new,
            to_new * trace.own * reset * (1 - reset),
            (trace.before - new) * keep * (1 - keep),
            to_new * reset,
        ),
        1,
    )
    for state, _, grad, own, kept in steps.backwards(grads, sums, keep):
        own.mul_(state.add_(grad)[:, None])
        state.mul_(kept).add_(steps.through(own.flatten(1)[:, size:]))
    return sums.flatten(1)


CELLS: dict[CellName, Cell] = {
    "rnn": Cell(_rnn_forward, _rnn_backward),
    "lstm": Cell(_lstm_forward, _lstm_backward),
    "gru": Cell(_gru_forward, _gru_backward, twice=True),
}
