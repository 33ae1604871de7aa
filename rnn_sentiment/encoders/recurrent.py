"""Recurrent layers: nn.RNN, nn.LSTM and nn.GRU, in one or both directions."""

from __future__ import annotations

from typing import Literal

import torch
from pydantic import PositiveInt, validate_call
from torch import Tensor, nn
from torch.nn import functional as F

from rnn_sentiment.types import Rate

Cell = Literal["rnn", "lstm", "gru"]
CELLS = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}


class RecurrentLayer(nn.ModuleList):
    """One layer of recurrent cells over padded sequences, in one or both directions.

    Padding stands behind a row's tokens, so a forward direction needs no PackedSequence (which
    costs more than it saves on a CPU): states at padding are computed and never read. A backward
    direction is a forward one over rows that are each reversed within their own length.

    Args:
        input_dim: features of a step that come in.
        cell: `rnn` (Elman, tanh), `lstm` or `gru`.
        hidden_size: features of a state, for each direction.
        bidirectional: also read from the end to the beginning.
        recurrent_dropout: share of a state's features that training hides from the next step, the
            same at all steps of a row (Gal & Ghahramani, 2016). torch's fused layers cannot do
            that, so the cells are then stepped through one by one.
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
        dropout: Rate = 0.0,
    ) -> None:
        num_directions = 2 if bidirectional else 1
        super().__init__(make_cell(cell, input_dim, hidden_size) for _ in range(num_directions))
        self.recurrent_dropout = recurrent_dropout
        self.dropout = dropout
        self.output_dim = num_directions * hidden_size
        self.backward_dim = hidden_size if bidirectional else 0

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        """Read `states (B, T, input_dim)` under `mask (B, T)` as `(B, T, output_dim)`."""
        outputs = [self._read(self[0], states)]  # (B, T, hidden_size)
        if self.backward_dim:
            order = reversal(mask)
            outputs.append(reorder(self._read(self[1], reorder(states, order)), order))
        return F.dropout(torch.cat(outputs, dim=2), self.dropout, self.training)

    def _read(self, cell: nn.Module, states: Tensor) -> Tensor:
        assert isinstance(cell, nn.RNNBase)
        if not (self.training and self.recurrent_dropout):
            outputs: Tensor = cell(states)[0]
            return outputs
        # In float32 also behind a layer that answers in half precision: what a cell carries over
        # hundreds of steps would be rounded at each of them.
        shape = len(states), cell.hidden_size
        kept = F.dropout(torch.ones(shape, device=states.device), self.recurrent_dropout)
        return step_through(cell, states, kept)


def make_cell(cell: str, input_dim: int, hidden_size: int) -> nn.RNNBase:
    """One recurrent layer in one direction, initialised as Keras does.

    Input weights are Glorot-uniform, recurrent ones orthogonal (Saxe et al., 2014), biases zero,
    and the LSTM's forget gates start open (Jozefowicz et al., 2015).
    """
    layer: nn.RNNBase = CELLS[cell](input_dim, hidden_size, batch_first=True)
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


def step_through(cell: nn.RNNBase, inputs: Tensor, kept: Tensor) -> Tensor:
    """Run a cell over `inputs (B, T, E)`, to states `(B, T, H)`, as the fused layer does.

    Args:
        cell: an unstacked `nn.RNN`, `nn.LSTM` or `nn.GRU`.
        inputs: (B, T, E).
        kept: (B, H), multiplies the state before it reaches the next step's gates; what a GRU or
            an LSTM carries past its gates is left whole.
    """
    size = cell.hidden_size
    weight, recurrent_weight, bias, recurrent_bias = cell.all_weights[0]
    state = carried = torch.zeros_like(kept)
    states = []
    for given in F.linear(inputs, weight, bias).unbind(1):
        recalled = F.linear(state * kept, recurrent_weight, recurrent_bias)
        if isinstance(cell, nn.LSTM):
            write, keep, new, show = (given + recalled).chunk(4, dim=1)
            carried = keep.sigmoid() * carried + write.sigmoid() * new.tanh()
            state = show.sigmoid() * carried.tanh()
        elif isinstance(cell, nn.GRU):
            gates = (given[:, : 2 * size] + recalled[:, : 2 * size]).sigmoid()
            reset, keep = gates.chunk(2, dim=1)
            new = (given[:, 2 * size :] + reset * recalled[:, 2 * size :]).tanh()
            state = (1 - keep) * new + keep * state
        else:
            state = (given + recalled).tanh()
        states.append(state)
    return torch.stack(states, dim=1)


def reversal(mask: Tensor) -> Tensor:
    """Positions `(B, T)` that reverse each row within its length and leave padding in place."""
    steps = torch.arange(mask.shape[1], device=mask.device)
    last = mask.sum(1, keepdim=True) - 1
    return torch.where(mask, last - steps, steps)


def reorder(states: Tensor, order: Tensor) -> Tensor:
    """Take the steps of `states (B, T, D)` in `order (B, T)`."""
    return states.gather(1, order[:, :, None].expand_as(states))
