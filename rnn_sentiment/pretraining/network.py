"""The network of a language model: embedding, stateful recurrent layers, softmax."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np
import torch
from pydantic import ConfigDict, PositiveInt, validate_call
from torch import Tensor, nn
from torch.nn import functional as F

from rnn_sentiment.encoders.recurrent import make_cell
from rnn_sentiment.kernels.dropout import dropout
from rnn_sentiment.pretraining.adaptive_softmax import AdaptiveSoftmax
from rnn_sentiment.pretraining.streams import Window
from rnn_sentiment.types import Rate

States = list[Any]  # the state of each layer: (B, H), or an LSTM's pair


class CarriedLayer(nn.Module):
    """A recurrent layer whose states are carried from one window to the next.

    Args:
        input_dim: number of input features.
        cell: `rnn`, `lstm` or `gru`.
        hidden_size: number of features H of a state, also available as `output_dim`.
        weight_dropout: dropout rate of the recurrent weights, with the same mask at all steps.
    """

    @validate_call
    def __init__(
        self,
        input_dim: PositiveInt,
        cell: Literal["rnn", "lstm", "gru"],
        hidden_size: PositiveInt,
        weight_dropout: Rate = 0.0,
    ) -> None:
        super().__init__()
        self.cell = make_cell(cell, input_dim, hidden_size)
        self.output_dim = hidden_size
        self.weight_dropout = weight_dropout

    def forward(self, inputs: Tensor, initial: Any) -> tuple[Tensor, Any]:
        """Map `inputs (B, T, input_dim)` to states `(B, T, H)` and the final state to carry on."""
        weight: Any = self.cell.weight_hh_l0
        weight_hh = dropout(weight, self.weight_dropout, self.training)
        states: tuple[Tensor, Any] = self.cell(inputs, initial=initial, weight_hh=weight_hh)
        return states


class LanguageNetwork(nn.Module):
    """Maps tokens to the loss of the next tokens, with states carried from window to window.

    The regularisation is that of AWD-LSTM (Merity et al., 2018); each of its masks is drawn once
    per window and used at all of its steps.

    Args:
        embedding: `tokens (B, T) -> (B, T, E)`, with a `table` and an `output_dim`.
        counts: (V,) how often each id occurs.
        layers: builds a recurrent layer from `input_dim`, such as `CarriedLayer`.
        num_layers: number of layers.
        cutoffs: ranks at which the clusters of rarer words begin in the softmax.
        tied: whether the softmax uses the embedding's table.
        embedding_dropout: dropout rate of whole words of the vocabulary.
        input_dropout: dropout rate of the embedding's features.
        dropout: dropout rate of each layer's features.
    """

    @validate_call(config=ConfigDict(arbitrary_types_allowed=True))
    def __init__(
        self,
        embedding: nn.Module,
        counts: np.ndarray,
        layers: Callable[..., nn.Module],
        num_layers: PositiveInt = 1,
        cutoffs: Sequence[PositiveInt] = (2_000, 10_000),
        tied: bool = False,
        embedding_dropout: Rate = 0.0,
        input_dropout: Rate = 0.0,
        dropout: Rate = 0.0,
    ) -> None:
        super().__init__()
        if sorted(set(cutoffs)) != list(cutoffs):
            raise ValueError(f"cutoffs={list(cutoffs)} are not increasing")
        self.embedding = embedding
        self.layers = nn.ModuleList()
        dim = int(embedding.output_dim)  # type: ignore[arg-type]
        for _ in range(num_layers):
            self.layers.append(layers(input_dim=dim))
            dim = int(self.layers[-1].output_dim)  # type: ignore[arg-type]
        own: Any = embedding.table
        table = own.weight if tied else None
        self.softmax = AdaptiveSoftmax(dim, counts, cutoffs, table)
        self.embedding_dropout = embedding_dropout
        self.input_dropout = input_dropout
        self.dropout = dropout

    def forward(self, window: Window, states: States | None = None) -> tuple[Tensor, States]:
        """Mean loss, in nats, of a window's targets, and the states after its last step, detached.

        Args:
            window: the tokens to read and to predict.
            states: the states after the previous window; without them, and in rows where a text
                begins, states are zero.
        """
        if states is not None:
            continues = ~window.begins[:, None]
            states = each(lambda state: state * continues, states)
        read = self.locked(self.embed(window.tokens), self.input_dropout)
        carried: States = []
        for layer, initial in zip(self.layers, states or [None] * len(self.layers), strict=True):
            read, final = layer(read, initial)  # (B, T, H)
            read = self.locked(read, self.dropout)
            carried.append(final)
        steps = torch.arange(read.shape[1], device=read.device)
        real = (steps < window.lengths[:, None]).flatten().nonzero().squeeze(1)
        total: Tensor = self.softmax(read.flatten(0, 1)[real], window.targets.flatten()[real])
        return total / max(1, len(real)), each(Tensor.detach, carried)

    def embed(self, tokens: Tensor) -> Tensor:
        """Embed `tokens (B, T)` as `(B, T, E)`; a dropped word is dropped everywhere."""
        embedded: Tensor = self.embedding(tokens)
        if not (self.training and self.embedding_dropout):
            return embedded
        table: Any = self.embedding.table
        words = torch.ones(table.num_embeddings, device=tokens.device)
        kept = F.dropout(words, self.embedding_dropout)
        return embedded * kept[tokens][:, :, None]

    def locked(self, values: Tensor, rate: float) -> Tensor:
        """Drop features of `values (B, T, D)`, with the same mask at all steps of a row."""
        if not (self.training and rate):
            return values
        kept = F.dropout(torch.ones_like(values[:, :1]), rate)
        return values * kept


def each(change: Callable[[Tensor], Tensor], states: States) -> States:
    """Apply a function to every tensor of `states`."""
    return [tuple(map(change, s)) if isinstance(s, tuple) else change(s) for s in states]
