"""The encoder: layers over the steps of a text, a pooling, and layers on the pooled vector."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from pydantic import NonNegativeInt, PositiveInt, validate_call
from torch import Tensor, nn

from rnn_sentiment.encoders.convolutional import ConvolutionalLayer
from rnn_sentiment.encoders.dense import FeatureDropout, dense_layers
from rnn_sentiment.encoders.pooling import Flatten, MaxPooling, Pooling, PoolingName
from rnn_sentiment.kernels.dropout import Dropout
from rnn_sentiment.types import Rate

MakeLayer = Callable[..., nn.Module]  # takes `input_dim`; the layer has an `output_dim`


class Encoder(nn.Module):
    """Input dropout, dense layers, layers, pooling, dense layers.

    Args:
        input_dim: size E of an embedded token.
        layers: one kind of layer, stacked `num_layers` times, or a list of layers from first to
            last: `RecurrentLayer`, `ConvolutionalLayer`, `MaxPooling`, `Dense`, `FeatureDropout`.
            Each is built with the `output_dim` of the previous one as its `input_dim`. With an
            empty list, the embedded tokens themselves are pooled.
        num_layers: number of layers of that kind; 1 with a list.
        layer_norm: normalise the output features of each layer at each step (Ba et al., 2016).
        pooling: how all steps become one vector: the name of a `Pooling`, or `Flatten`.
        dropout: share of each dense layer's outputs dropped in training.
        input_dropout: share of the input's features dropped at all steps of a text.
        pooled_dropout: share of the pooled features dropped in training.
        dense_before: sizes of dense layers on every step, before `layers`.
        dense_after: sizes of dense layers on the pooled vector.
    """

    @validate_call
    def __init__(
        self,
        input_dim: PositiveInt,
        layers: MakeLayer | list[MakeLayer],
        pooling: PoolingName | MakeLayer,
        num_layers: NonNegativeInt = 1,
        layer_norm: bool = False,
        dropout: Rate = 0.0,
        input_dropout: Rate = 0.0,
        pooled_dropout: Rate = 0.0,
        dense_before: tuple[PositiveInt, ...] = (),
        dense_after: tuple[PositiveInt, ...] = (),
    ) -> None:
        super().__init__()
        if isinstance(layers, list) and num_layers != 1:
            raise ValueError(f"num_layers={num_layers}: a list of layers is not repeated")
        self.layer_norm = layer_norm
        self.input_dropout = FeatureDropout(input_dropout, input_dim)
        self.before = nn.Sequential(*dense_layers(input_dim, dense_before, dropout))
        dim, backward_dim = [input_dim, *dense_before][-1], 0
        self.layers, self.norms = nn.ModuleList(), nn.ModuleList()
        for make in layers if isinstance(layers, list) else [layers] * num_layers:
            layer = make(input_dim=dim)
            if isinstance(layer, (Pooling, Flatten)):
                raise ValueError(f"{type(layer).__name__} is no layer but a pooling")
            self.layers.append(layer)
            dim, backward_dim = int(layer.output_dim), int(getattr(layer, "backward_dim", 0))  # type: ignore[arg-type]
            self.norms.append(nn.LayerNorm(dim) if layer_norm else nn.Identity())
        self.pooling = (
            Pooling(pooling, dim, backward_dim)
            if isinstance(pooling, str)
            else pooling(input_dim=dim)
        )
        pooled_dim = int(self.pooling.output_dim)  # type: ignore[arg-type]
        self.pooled_dropout = Dropout(pooled_dropout)
        self.after = nn.Sequential(*dense_layers(pooled_dim, dense_after, dropout))
        self.output_dim = [pooled_dim, *dense_after][-1]

    def forward(self, embedded: Tensor, mask: Tensor) -> Tensor:
        """Encode `embedded (B, T, E)` under `mask (B, T)` as `(B, output_dim)`."""
        states = self.before(self.input_dropout(embedded, mask))
        layers, pool = self._passes()
        for layer, norm in zip(layers, self.norms, strict=False):  # the last may be in `pool`
            states = norm(layer(states, mask))  # (B, T, D)
            if isinstance(layer, MaxPooling):
                mask = layer.shorten(mask)
        encoded: Tensor = self.after(self.pooled_dropout(pool(states, mask)))
        return encoded

    def _passes(self) -> tuple[list[nn.Module], Callable[[Tensor, Tensor], Tensor]]:
        """The layers that give a state for each step, and the pooling that follows.

        A convolution of which only the largest values are needed computes them itself, which saves
        most of its work.
        """
        layers = list(self.layers)
        last, pooling = layers[-1] if layers else None, self.pooling
        largest = getattr(pooling, "name", None) == "max" and not self.layer_norm
        if isinstance(last, ConvolutionalLayer) and largest:
            return layers[:-1], partial(last, pooled=True)
        return layers, pooling
