"""Recurrent cells that are parallel in time: their gates read inputs and never the state.

Each is called as `kernels.GRU` is: `(inputs (B, T, E), lengths (B,), reverse, initial)` to outputs
`(B, T, H)`, zero at padding, and the state to carry after each row's last token.
"""

from __future__ import annotations

import math
from typing import ClassVar, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from rnn_sentiment import kernels
from rnn_sentiment.types import make_mask

RING = (0.9, 0.999)  # absolute values of an LRU's decays at the start
PHASE = math.pi / 10  # and their largest angle, small for long texts


class _Minimal(nn.Module):
    """A linear layer for all gates, then the recurrence."""

    name: ClassVar[Literal["mingru", "minlstm"]]
    num_gates: ClassVar[int]

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__()
        self.gates = gate_layer(input_size, hidden_size, self.num_gates)

    def forward(
        self,
        inputs: Tensor,
        lengths: Tensor | None = None,
        *,
        reverse: bool = False,
        initial: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Read `inputs (B, T, E)` to outputs `(B, T, H)` and the final state `(B, H)`."""
        return kernels.gated(self.name, self.gates(inputs), lengths, reverse, initial)


class MinGRU(_Minimal):
    """A GRU whose gate and candidate state do not depend on the state (Feng et al., 2024).

    h_t = (1 - z_t) h_{t-1} + z_t (W x_t + b), where z_t is the update gate.

    Args:
        input_size: number of input features.
        hidden_size: number of features of a state.
    """

    name, num_gates = "mingru", 2

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)
        nn.init.constant_(self.gates.bias[:hidden_size], -1)  # starts by keeping


class MinLSTM(_Minimal):
    """An LSTM whose gates do not depend on the state and add up to 1 (Feng et al., 2024).

    h_t = f_t / (f_t + i_t) h_{t-1} + i_t / (f_t + i_t) (W x_t + b).

    Args:
        input_size: number of input features.
        hidden_size: number of features of a state.
    """

    name, num_gates = "minlstm", 3

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)
        nn.init.constant_(self.gates.bias[:hidden_size], 1)


class QRNN(nn.Module):
    """Convolutions of width 2 and fo-pooling (Bradbury et al., 2017).

    c_t = f_t c_{t-1} + (1 - f_t) tanh(...), h_t = o_t c_t; all gates depend on x_{t-1} and x_t.

    Args:
        input_size: number of input features.
        hidden_size: number of features of a state.
    """

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__()
        self.gates = gate_layer(2 * input_size, hidden_size, 3)
        nn.init.constant_(self.gates.bias[hidden_size : 2 * hidden_size], 1)

    def forward(
        self,
        inputs: Tensor,
        lengths: Tensor | None = None,
        *,
        reverse: bool = False,
        initial: tuple[Tensor, Tensor] | None = None,
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """Read `inputs (B, T, E)` to outputs `(B, T, H)`; c `(B, H)` and an input are carried."""
        if lengths is None:
            lengths = torch.full((len(inputs),), inputs.shape[1], device=inputs.device)
        inputs = inputs.to(kernels.product_type(inputs))  # before there are copies of them
        state, earlier = initial or (None, torch.zeros_like(inputs[:, 0]))
        earlier = earlier.to(inputs.dtype)
        last = (lengths - 1)[:, None]
        start, end = (last, torch.zeros_like(last)) if reverse else (torch.zeros_like(last), last)
        steps = torch.arange(inputs.shape[1], device=inputs.device)
        shift = -1 if reverse else 1
        before = F.pad(inputs, (0, 0, shift, -shift))  # the token read before each
        before = torch.where((steps == start)[:, :, None], earlier[:, None], before)
        sums = self.gates(torch.cat([before, inputs], dim=2))
        outputs, final = kernels.gated("qrnn", sums, lengths, reverse, state)
        ends = end.clamp(min=0)[:, :, None].expand(-1, 1, inputs.shape[2])
        read = torch.where((lengths > 0)[:, None], inputs.gather(1, ends)[:, 0], earlier)
        return outputs, (final, read)


class LRU(nn.Module):
    """A linear recurrent unit and its gated linear unit (Orvieto et al., 2023).

    h_t = decay * h_{t-1} + gamma * (B x_t) with complex, diagonal decay; y_t = Re(C h_t) + D x_t.
    Decays start evenly on a ring, and gamma so that states have the size of B x_t. Since
    the recurrence is linear, a nonlinearity follows: gelu(y_t), through a gated linear unit.

    Args:
        input_size: number of input features.
        hidden_size: number of complex features of a state, and of output features.
    """

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__()
        smallest, largest = (edge**2 for edge in RING)
        squares = smallest + (largest - smallest) * torch.rand(hidden_size)
        self.shrinking = nn.Parameter((-squares.log() / 2).log())  # decay = exp(-e^s + i e^t)
        self.turning = nn.Parameter((PHASE * (1 - torch.rand(hidden_size))).log())
        self.gamma = nn.Parameter((1 - squares).log() / 2)
        # Real and imaginary parts in turns, as complex numbers lie in memory.
        self.enter = nn.Parameter(torch.randn(hidden_size, 2, input_size) / (2 * input_size) ** 0.5)
        self.read = nn.Linear(2 * hidden_size, hidden_size, bias=False)
        self.skip = nn.Linear(input_size, hidden_size, bias=False)
        self.mix = nn.Linear(hidden_size, 2 * hidden_size)
        nn.init.normal_(self.read.weight, std=hidden_size**-0.5)
        nn.init.normal_(self.skip.weight, std=input_size**-0.5)

    def decay(self) -> Tensor:
        """The complex factors `(H,)` by which states are multiplied, in float32 or better."""
        own = torch.promote_types(self.shrinking.dtype, torch.float32)
        return torch.polar((-self.shrinking.to(own).exp()).exp(), self.turning.to(own).exp())

    def forward(
        self,
        inputs: Tensor,
        lengths: Tensor | None = None,
        *,
        reverse: bool = False,
        initial: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Read `inputs (B, T, E)` to outputs `(B, T, H)` and the complex final state `(B, H)`."""
        inputs = inputs.to(kernels.product_type(inputs))  # once for both products
        scaled = self.gamma.exp()[:, None, None] * self.enter
        states, final = kernels.turning(
            self.decay(), F.linear(inputs, scaled.flatten(0, 1)), lengths, reverse, initial
        )
        # Sums and masks are written in place: over long texts, each copy takes megabytes.
        outputs = F.glu(self.mix(F.gelu(self.read(states).add_(self.skip(inputs)))), dim=2)
        if lengths is not None:
            mask = make_mask(lengths, inputs.shape[1])
            outputs.masked_fill_(~mask[:, :, None], 0)
        return outputs, final


def gate_layer(input_size: int, hidden_size: int, num_gates: int) -> nn.Linear:
    """The linear layer that all gates share, Glorot-uniform for each, with biases of zero."""
    layer = nn.Linear(input_size, num_gates * hidden_size)
    for gate in torch.split(layer.weight.data, hidden_size):
        nn.init.xavier_uniform_(gate)
    nn.init.zeros_(layer.bias)
    return layer
