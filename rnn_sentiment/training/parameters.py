"""How many parameters a model has, also as lectures count them."""

from __future__ import annotations

from torch import nn


def num_trainable(model: nn.Module) -> int:
    """The parameters that training changes."""
    return sum(p.numel() for p in model.parameters() if p.requires_grad)


def num_as_in_keras(model: nn.Module) -> int:
    """All parameters, with one bias vector where Keras' layers have one.

    torch's RNN and LSTM add two bias vectors, which do the work of Keras' one: the pair counts
    once. The GRU's pair is no such sum; Keras' GRU (`reset_after=True`, its default) has it too.
    """
    total = sum(p.numel() for p in model.parameters())
    return total - sum(
        parameter.numel()
        for module in model.modules()
        if isinstance(module, (nn.RNN, nn.LSTM))
        for name, parameter in module.named_parameters()
        if name.startswith("bias_hh")
    )
