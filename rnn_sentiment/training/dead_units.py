"""Dead units: a ReLU that is zero for every text passes on no gradient."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from rnn_sentiment.encoders import ConvolutionalLayer, Dense, Encoder

Counts = dict[str, dict[str, int]]
MASKED = (Encoder, ConvolutionalLayer, Dense)  # called with states `(B, T, D)` and their mask


class UnitWatch:
    """Records which units of a network's ReLU layers have been active."""

    def __init__(self) -> None:
        self.on: dict[str, Tensor] = {}

    def see(self, name: str, outputs: Tensor) -> None:
        """Record the outputs `(..., D)` of a layer."""
        found = (outputs > 0).flatten(0, -2).any(0)
        self.on[name] = found | self.on.get(name, torch.zeros_like(found))

    def dead(self) -> Counts:
        """Units of each layer that were never active: `{"encoder.1": {"dead": 2, "of": 6}}`."""
        return {
            name: {"dead": int((~on).sum()), "of": len(on)}
            for name, on in self.on.items()
            if not on.all()
        }


@contextmanager
def watching(network: nn.Module) -> Iterator[UnitWatch]:
    """Watch the ReLU layers and the convolutions of a network."""
    watch = UnitWatch()
    mask: Tensor | None = None

    def enter(module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        nonlocal mask
        mask = inputs[1]

    def hook(name: str) -> Any:
        def see(module: nn.Module, inputs: tuple[Tensor, ...], outputs: Tensor) -> None:
            if mask is not None and outputs.dim() == 3:
                outputs = outputs[mask]  # outputs at padding do not count
            watch.see(name, outputs.detach())

        return see

    handles = []
    for name, module in network.named_modules():
        if isinstance(module, MASKED):
            handles.append(module.register_forward_pre_hook(enter))
        if isinstance(module, (nn.ReLU, ConvolutionalLayer)):
            handles.append(module.register_forward_hook(hook(name)))
    try:
        yield watch
    finally:
        for handle in handles:
            handle.remove()
