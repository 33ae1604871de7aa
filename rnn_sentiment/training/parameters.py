"""Parameter counts of a model, including the way that lectures count them."""

from __future__ import annotations

from torch import nn


def num_trainable(model: nn.Module) -> int:
    """Number of trainable parameters."""
    return sum(p.numel() for p in model.parameters() if p.requires_grad)


def num_as_in_keras(model: nn.Module) -> int:
    """Number of parameters, counting one bias vector where a Keras layer has one.

    torch's RNN and LSTM add two bias vectors that are equivalent to the one in Keras, so the pair
    counts once. The GRU's two are not equivalent to one; Keras' GRU (`reset_after=True`, its
    default) has both too.
    """
    total = sum(p.numel() for p in model.parameters())
    return total - sum(
        parameter.numel()
        for module in model.modules()
        if isinstance(module, (nn.RNN, nn.LSTM))
        for name, parameter in module.named_parameters()
        if name.startswith("bias_hh")
    )
