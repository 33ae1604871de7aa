"""Pooling: from many steps to fewer, or to one vector, ignoring padding."""

from __future__ import annotations

from typing import Literal, get_args

import torch
from pydantic import PositiveInt, validate_call
from torch import Tensor, nn
from torch.nn import functional as F

from rnn_sentiment.errors import UserError
from rnn_sentiment.kernels.pooling import PARTS, pool

PoolingName = Literal["last", "max", "mean", "concat", "attention"]


class Pooling(nn.Module):
    """Summarise `states (B, T, D)` under `mask (B, T)` as `(B, output_dim)`.

    `last` takes the state after a row's last token, and for the backward direction of a
    bidirectional encoder the state after its last step, at the row's first token;
    `max` and `mean` run over the tokens; `concat` joins last, max and mean (Howard & Ruder, 2018);
    `attention` is a learned weighted mean (Yang et al., 2016).

    Args:
        name: one of the five above.
        input_dim: size D of a state.
        backward_dim: number of the D features, the last ones, that come from a backward direction.
    """

    def __init__(self, name: PoolingName, input_dim: int, backward_dim: int = 0) -> None:
        super().__init__()
        if name not in get_args(PoolingName):
            raise ValueError(f"pooling={name!r} is none of {', '.join(get_args(PoolingName))}")
        self.name = name
        self.backward_dim = backward_dim
        self.output_dim = 3 * input_dim if name == "concat" else input_dim
        if name == "attention":
            self.key = nn.Linear(input_dim, input_dim)
            self.query = nn.Linear(input_dim, 1, bias=False)

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        """Pool `states (B, T, D)` to `(B, output_dim)`."""
        if self.name == "attention":
            return self._attention(states, mask)
        parts = PARTS if self.name == "concat" else (self.name,)
        return pool(states, mask.sum(1), parts, self.backward_dim)

    def _attention(self, states: Tensor, mask: Tensor) -> Tensor:
        scores = self.query(torch.tanh(self.key(states))).squeeze(2)  # (B, T)
        weights = scores.float().masked_fill(~mask, -torch.inf).softmax(1)
        return torch.einsum("bt,btd->bd", weights.to(states.dtype), states)


class MaxPooling(nn.Module):
    """The largest value of each feature in windows of neighbouring steps.

    A last window that is cut short by the end of a row counts too, so no token is lost.

    Args:
        input_dim: number of input and output features.
        size: number of steps in a window, which becomes one step.
    """

    @validate_call
    def __init__(self, input_dim: PositiveInt, size: PositiveInt) -> None:
        super().__init__()
        self.size = size
        self.output_dim = input_dim

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        """Shorten `states (B, T, D)` to `(B, T / size, D)`, rounded up; padding becomes zero."""
        tokens = states.masked_fill(~mask[:, :, None], -torch.inf)
        tokens = F.pad(tokens, (0, 0, 0, -tokens.shape[1] % self.size), value=-torch.inf)
        largest = tokens.reshape(tokens.shape[0], -1, self.size, self.output_dim).amax(2)
        return largest.masked_fill(~self.shorten(mask)[:, :, None], 0.0)

    def shorten(self, mask: Tensor) -> Tensor:
        """The mask `(B, T / size)`, rounded up, of the windows that hold a token."""
        return mask[:, :: self.size]  # tokens stand before padding


class Flatten(nn.Module):
    """Concatenate all steps into one vector, with zeros after the end of a row.

    Args:
        input_dim: number of features of a step.
        length: maximum number of steps in a row.
    """

    @validate_call
    def __init__(self, input_dim: PositiveInt, length: PositiveInt) -> None:
        super().__init__()
        self.length = length
        self.output_dim = length * input_dim

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        """Flatten `states (B, T, D)` under `mask (B, T)` to `(B, length * D)`.

        Raises:
            UserError: a row is longer than `length`.
        """
        missing = self.length - states.shape[1]
        if missing < 0 and mask[:, self.length :].any():
            raise UserError(
                f"Flatten reads {self.length} steps, but a review has more; set its length to "
                "data.max_length"
            )
        tokens = states.masked_fill(~mask[:, :, None], 0.0)
        return F.pad(tokens, (0, 0, 0, missing)).flatten(1)  # cuts where T is larger
