"""Recurrent encoders: nn.RNN, nn.LSTM and nn.GRU, stacked and in both directions."""

from __future__ import annotations

from typing import Literal

import torch
from pydantic import PositiveInt, validate_call
from torch import Tensor, nn

from rnn_sentiment.embeddings import Dropout
from rnn_sentiment.encoders.pooling import Pooling, PoolingName

CELLS = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}


class RecurrentEncoder(nn.Module):
    """Layers of recurrent cells over padded sequences, then pooling.

    Padding stands behind a row's tokens, so a forward direction needs no PackedSequence (which
    costs more than it saves on a CPU): states at padding are computed and never read. A backward
    direction is a forward one over rows that are each reversed within their own length.

    Args:
        input_dim: size E of an embedded token.
        cell: `rnn` (Elman, tanh), `lstm` or `gru`.
        hidden_size: features of a state, for each direction.
        num_layers: recurrent layers on top of one another.
        bidirectional: also read from the end to the beginning.
        dropout: share of each layer's outputs dropped in training.
        pooling: how states become one vector; see `Pooling`.
    """

    @validate_call
    def __init__(
        self,
        input_dim: PositiveInt,
        cell: Literal["rnn", "lstm", "gru"],
        hidden_size: PositiveInt,
        num_layers: PositiveInt,
        bidirectional: bool,
        dropout: Dropout,
        pooling: PoolingName,
    ) -> None:
        super().__init__()
        num_directions = 2 if bidirectional else 1
        sizes = [input_dim] + [num_directions * hidden_size] * num_layers
        self.layers = nn.ModuleList(
            nn.ModuleList(make_cell(cell, size, hidden_size) for _ in range(num_directions))
            for size in sizes[:-1]
        )
        self.dropout = nn.Dropout(dropout)
        self.pooling = Pooling(pooling, sizes[-1], hidden_size if bidirectional else 0)
        self.output_dim = self.pooling.output_dim

    def forward(self, embedded: Tensor, mask: Tensor) -> Tensor:
        """Encode `embedded (B, T, E)` under `mask (B, T)` as `(B, output_dim)`."""
        states = embedded
        for directions in self.layers:
            assert isinstance(directions, nn.ModuleList)
            outputs = [directions[0](states)[0]]  # (B, T, hidden_size)
            if len(directions) == 2:
                order = reversal(mask)
                outputs.append(reorder(directions[1](reorder(states, order))[0], order))
            states = self.dropout(torch.cat(outputs, dim=2))
        pooled: Tensor = self.pooling(states, mask)
        return pooled


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


def reversal(mask: Tensor) -> Tensor:
    """Positions `(B, T)` that reverse each row within its length and leave padding in place."""
    steps = torch.arange(mask.shape[1], device=mask.device)
    last = mask.sum(1, keepdim=True) - 1
    return torch.where(mask, last - steps, steps)


def reorder(states: Tensor, order: Tensor) -> Tensor:
    """Take the steps of `states (B, T, D)` in `order (B, T)`."""
    return states.gather(1, order[:, :, None].expand_as(states))
