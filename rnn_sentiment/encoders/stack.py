"""An encoder put together from a list of layers."""

from __future__ import annotations

from collections.abc import Callable

import torch
from pydantic import PositiveInt, validate_call
from torch import Tensor, nn
from torch.nn import functional as F

from rnn_sentiment.encoders.dense import Dense
from rnn_sentiment.encoders.pooling import Pooling
from rnn_sentiment.encoders.recurrent import RecurrentLayer
from rnn_sentiment.errors import UserError


class MaxPooling(nn.Module):
    """The largest value of each feature in windows of neighbouring steps.

    A last window that is cut short by a row's end counts too, so no token is lost.

    Args:
        input_dim: features that come in, and out.
        size: steps of a window, which becomes one step.
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
        largest = tokens.reshape(len(tokens), -1, self.size, self.output_dim).amax(2)
        return largest.masked_fill(~self.shorten(mask)[:, :, None], 0.0)

    def shorten(self, mask: Tensor) -> Tensor:
        """The mask `(B, T / size)`, rounded up, of the windows that hold a token."""
        return mask[:, :: self.size]  # tokens stand before padding


class Flatten(nn.Module):
    """All steps behind one another as one vector, zero where a row has ended.

    Args:
        input_dim: features of a step.
        length: steps, of which no row may have more.
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


class Dropout(nn.Dropout):
    """Drop single values in training.

    Args:
        rate: share of the values dropped.
        input_dim: features that come in, and out.
    """

    def __init__(self, rate: float, input_dim: int) -> None:
        super().__init__(rate)
        self.output_dim = input_dim

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:  # type: ignore[override]
        """Drop in `(..., D)`."""
        return super().forward(states)


class StackEncoder(nn.Module):
    """Layers on top of one another, one of which, `Pooling` or `Flatten`, makes steps a vector.

    Args:
        input_dim: size E of an embedded token.
        layers: make the layers, each from the `input_dim` that the one before leaves. Before the
            pooling: `RecurrentLayer`, `ConvolutionalLayer`, `MaxPooling`, `FeatureDropout`; before
            and after: `Dense`, `Dropout`.
    """

    @validate_call
    def __init__(self, input_dim: PositiveInt, layers: list[Callable[..., nn.Module]]) -> None:
        super().__init__()
        self.layers = nn.ModuleList()
        dim, backward_dim = input_dim, 0
        for make in layers:
            layer = make(input_dim=dim)
            if isinstance(layer, Pooling):
                layer.backward_dim = backward_dim
            elif isinstance(layer, RecurrentLayer):
                backward_dim = layer.backward_dim
            elif not isinstance(layer, Dropout):
                backward_dim = 0
            self.layers.append(layer)
            dim = int(layer.output_dim)  # type: ignore[arg-type]
        self.output_dim = dim
        names = [type(layer).__name__ for layer in self.layers]
        pooled = [i for i, layer in enumerate(self.layers) if isinstance(layer, (Pooling, Flatten))]
        if len(pooled) != 1:
            raise ValueError(f"layers={names} need one Pooling or Flatten, not {len(pooled)}")
        for name, layer in list(zip(names, self.layers, strict=True))[pooled[0] + 1 :]:
            if not isinstance(layer, (Dense, Dropout)):
                raise ValueError(f"layers={names}: {name} needs steps; move it before the pooling")

    def forward(self, embedded: Tensor, mask: Tensor) -> Tensor:
        """Encode `embedded (B, T, E)` under `mask (B, T)` as `(B, output_dim)`."""
        states = embedded
        for layer in self.layers:
            states = layer(states, mask)
            if isinstance(layer, MaxPooling):
                mask = layer.shorten(mask)
        return states
