"""The arguments and results of every way of computing a recurrent layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

import torch
from torch import Tensor

CellName = Literal["rnn", "lstm", "gru"]


class Operands(NamedTuple):
    """The tensors that a layer is computed from, each of which may require a gradient."""

    inputs: Tensor  # (B, T, E)
    weight_ih: Tensor  # (gates * H, E), as the biases below in the order of `nn.RNNBase`
    weight_hh: Tensor  # (gates * H, H)
    bias_ih: Tensor | None = None  # (gates * H,)
    bias_hh: Tensor | None = None  # (gates * H,)
    state: Tensor | None = None  # (B, H) before the first step; zero without it
    memory: Tensor | None = None  # (B, H), an LSTM's


@dataclass(frozen=True)
class Reading:
    """How a batch is read, all of it constant for autograd.

    Args:
        cell: `rnn` (Elman, tanh), `lstm` or `gru`.
        half: multiply in bfloat16, sum in float32, and return bfloat16.
        reverse: read each row from its last token to its first.
        lengths: (B,) int64 on the CPU, 0 to T; without them, rows are full.
        kept: (B, H), multiplies the state before it reaches the next step's gates.
    """

    cell: CellName
    half: bool
    reverse: bool
    lengths: Tensor | None
    kept: Tensor | None


class States(NamedTuple):
    """The results of a layer: states at all steps, and the final states."""

    outputs: Tensor  # (B, T, H), zero at padding
    state: Tensor  # (B, H)
    memory: Tensor | None  # (B, H) of an LSTM


def refuse_second_derivatives() -> None:
    """Refuse to differentiate a backward pass.

    Raises:
        RuntimeError: under `create_graph`.
    """
    if torch.is_grad_enabled():
        raise RuntimeError(
            "recurrent layers are differentiated twice by torch's own only: kernels.use('stock')"
        )
