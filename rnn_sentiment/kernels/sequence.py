"""What every way of running a recurrent layer is given and answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

import torch
from torch import Tensor

CellName = Literal["rnn", "lstm", "gru"]


class Weights(NamedTuple):
    """The parameters of one layer in one direction, as `nn.RNNBase.all_weights` lists them."""

    weight_ih: Tensor  # (gates * H, E)
    weight_hh: Tensor  # (gates * H, H)
    bias_ih: Tensor | None = None  # (gates * H,)
    bias_hh: Tensor | None = None  # (gates * H,)


@dataclass(frozen=True)
class Reading:
    """How a batch is read, all of it constant for autograd.

    Args:
        cell: `rnn` (Elman, tanh), `lstm` or `gru`.
        half: products of bfloat16 numbers, summed in float32, and bfloat16 outputs.
        reverse: each row from its last token to its first.
        lengths: (B,) int64 on the CPU, 0 to T; without them, rows are full.
        kept: (B, H), multiplies the state before it reaches the next step's gates.
    """

    cell: CellName
    half: bool
    reverse: bool
    lengths: Tensor | None
    kept: Tensor | None


class States(NamedTuple):
    """What a layer answers: states at all steps, and what is carried behind the last."""

    outputs: Tensor  # (B, T, H), zero at padding
    state: Tensor  # (B, H)
    memory: Tensor | None  # (B, H) of an LSTM


def refuse_second_derivatives() -> None:
    """End a backward pass that is itself to be differentiated.

    Raises:
        RuntimeError: under `create_graph`.
    """
    if torch.is_grad_enabled():
        raise RuntimeError(
            "recurrent layers are differentiated twice by torch's own only: kernels.use('stock')"
        )
