"""Recurrent layers in one or both directions: RNN, LSTM, GRU, and cells parallel in time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import torch
from pydantic import PositiveInt, validate_call
from torch import Tensor, nn
from torch.nn import functional as F

from rnn_sentiment import kernels
from rnn_sentiment.encoders.parallel import LRU, QRNN, MinGRU, MinLSTM
from rnn_sentiment.kernels.dropout import dropout
from rnn_sentiment.types import Rate

Cell = Literal["rnn", "lstm", "gru", "mingru", "minlstm", "qrnn", "lru"]
CELLS = {"rnn": kernels.RNN, "lstm": kernels.LSTM, "gru": kernels.GRU}
PARALLEL = {"mingru": MinGRU, "minlstm": MinLSTM, "qrnn": QRNN, "lru": LRU}


class RecurrentLayer(nn.ModuleList):
    """One layer of recurrent cells over padded sequences, in one or both directions.

    A backward direction reads each row from its last token to its first, never padding.

    Args:
        input_dim: number of input features.
        cell: `rnn` (Elman, tanh), `lstm` or `gru`; or one that is parallel in time: `mingru`,
            `minlstm`, `qrnn` or `lru`.
        hidden_size: number of features of a state, for each direction.
        bidirectional: read from the end to the beginning, too.
        reverse: read from the end to the beginning only.
        separate: each direction reads its own half of a step's features, the forward one the first
            half, like two separate networks.
        recurrent_dropout: share of a state's features that are dropped before the next step in
            training, the same at all steps of a row (Gal & Ghahramani, 2016); for `rnn`, `lstm`
            and `gru`.
        weight_dropout: share of the recurrent weights that are dropped in training, the same at all
            steps of a batch (Merity et al., 2018); for `rnn`, `lstm` and `gru`.
        dropout: share of the outputs dropped in training.
    """

    @validate_call
    def __init__(
        self,
        input_dim: PositiveInt,
        cell: Cell,
        hidden_size: PositiveInt,
        bidirectional: bool = False,
        recurrent_dropout: Rate = 0.0,
        weight_dropout: Rate = 0.0,
        dropout: Rate = 0.0,
        reverse: bool = False,
        separate: bool = False,
    ) -> None:
        if bidirectional and reverse:
            raise ValueError("bidirectional=true reverse=true: one direction, or both; not the two")
        if separate and (not bidirectional or input_dim % 2):
            raise ValueError(
                f"separate=true needs bidirectional=true and an even number of features, not "
                f"{input_dim}"
            )
        for name, share in (
            ("recurrent_dropout", recurrent_dropout),
            ("weight_dropout", weight_dropout),
        ):
            if share and cell in PARALLEL:
                raise ValueError(
                    f"{name}={share}: the gates of cell={cell} do not read the state; use dropout"
                )
        num_directions = 2 if bidirectional else 1
        own_dim = input_dim // 2 if separate else input_dim
        super().__init__(make_cell(cell, own_dim, hidden_size) for _ in range(num_directions))
        self.reverse = reverse
        self.separate = separate
        self.recurrent_dropout = recurrent_dropout
        self.weight_dropout = weight_dropout
        self.dropout = dropout
        self.output_dim = num_directions * hidden_size
        self.backward_dim = hidden_size if bidirectional or reverse else 0

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        """Read `states (B, T, input_dim)` under `mask (B, T)` as `(B, T, output_dim)`."""
        lengths = mask.sum(1)
        outputs = [
            cell(own, lengths, reverse=self.reverse or number == 1, **self._dropped(cell, own))[0]
            for number, (cell, own) in enumerate(zip(self, self._halves(states), strict=True))
        ]  # (B, T, hidden_size) each
        joined = torch.cat(outputs, dim=2) if len(outputs) == 2 else outputs[0]
        return dropout(joined, self.dropout, self.training)

    def _halves(self, states: Tensor) -> Sequence[Tensor]:
        """The features that each direction reads."""
        return states.chunk(2, dim=2) if self.separate else [states] * len(self)

    def _dropped(self, cell: nn.Module, states: Tensor) -> dict[str, Tensor]:
        """Masks of a state's features, and the recurrent weights after dropout.

        Both are scaled: `kept (B, hidden_size)` and `weight_hh (gates * hidden_size, hidden_size)`.
        """
        left: dict[str, Tensor] = {}
        if self.training and self.recurrent_dropout:
            assert isinstance(cell, nn.RNNBase)
            shape = len(states), cell.hidden_size
            ones = torch.ones(shape, device=states.device)
            left["kept"] = F.dropout(ones, self.recurrent_dropout)
        if self.training and self.weight_dropout:
            weight: Any = cell.weight_hh_l0
            left["weight_hh"] = dropout(weight, self.weight_dropout, True)
        return left


def make_cell(cell: Cell, input_dim: int, hidden_size: int) -> nn.Module:
    """One recurrent layer in one direction, initialised as in Keras.

    Input weights are Glorot-uniform, recurrent ones orthogonal (Saxe et al., 2014), biases zero,
    and forget gates start open (Jozefowicz et al., 2015).
    """
    if cell in PARALLEL:
        return PARALLEL[cell](input_dim, hidden_size)
    layer: nn.RNNBase = CELLS[cell](input_dim, hidden_size)
    for name, parameter in layer.named_parameters():
        for gate in torch.split(parameter.data, hidden_size):
            if name.startswith("weight_ih"):
                nn.init.xavier_uniform_(gate)
            elif name.startswith("weight_hh"):
                nn.init.orthogonal_(gate)
            else:
                nn.init.zeros_(gate)
        if cell == "lstm" and name == "bias_ih_l0":
            nn.init.ones_(parameter.data[hidden_size : 2 * hidden_size])
    return layer
