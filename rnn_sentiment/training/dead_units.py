"""Units that answer nothing: a ReLU that is off for every text passes on no gradient."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from rnn_sentiment.encoders import ConvolutionalLayer

Counts = dict[str, dict[str, int]]


class UnitWatch:
    """Which units of the layers with ReLU of a network have been on."""

    def __init__(self) -> None:
        self.on: dict[str, Tensor] = {}

    def see(self, name: str, outputs: Tensor) -> None:
        """Take in the outputs `(..., D)` of a layer."""
        found = (outputs > 0).flatten(0, -2).any(0)
        self.on[name] = found | self.on.get(name, torch.zeros_like(found))

    def dead(self) -> Counts:
        """Units of each layer that were never on: `{"encoder.1": {"dead": 2, "of": 6}}`."""
        return {
            name: {"dead": int((~on).sum()), "of": len(on)}
            for name, on in self.on.items()
            if not on.all()
        }


@contextmanager
def watching(network: nn.Module) -> Iterator[UnitWatch]:
    """Watch the ReLU layers and the convolutions of a network."""
    watch = UnitWatch()

    def hook(name: str) -> Any:
        def see(module: nn.Module, inputs: tuple[Tensor, ...], outputs: Tensor) -> None:
            if isinstance(module, ConvolutionalLayer) and outputs.dim() == 3:
                outputs = outputs[inputs[1]]  # what filters answer to padding does not count
            watch.see(name, outputs.detach())

        return see

    kinds = (nn.ReLU, ConvolutionalLayer)
    layers = [(name, m) for name, m in network.named_modules() if isinstance(m, kinds)]
    handles = [module.register_forward_hook(hook(name)) for name, module in layers]
    try:
        yield watch
    finally:
        for handle in handles:
            handle.remove()
