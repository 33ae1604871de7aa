"""Probes of a classifier: how far gradients reach, and the values of gates."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from rnn_sentiment.classifier import Classifier
from rnn_sentiment.encoders import RecurrentLayer
from rnn_sentiment.types import Batch

GATES = {"LSTM": ("input", "forget", None, "output"), "GRU": ("reset", "update", None), "RNN": ()}


@contextmanager
def at_rest(classifier: Classifier) -> Iterator[None]:
    """Disable dropout, and cuDNN, which has no backward pass outside of training mode."""
    was_training = classifier.training
    classifier.eval()
    try:
        with torch.backends.cudnn.flags(enabled=False):
            yield
    finally:
        classifier.train(was_training)


def gradient_flow(classifier: Classifier, batch: Batch) -> Tensor:
    """How much each position influences the loss (Pascanu et al., 2013).

    Returns:
        `(T,)`: the norm of the loss's gradient at an embedded token, by its distance from the end
        of its row, averaged over the rows that are long enough. Parameters get no gradient.
    """
    embedded: list[Tensor] = []

    def catch(module: nn.Module, inputs: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        embedded.append(inputs[0].detach().requires_grad_())
        return embedded[0], inputs[1]

    hook = classifier.encoder.register_forward_pre_hook(catch)
    try:
        with at_rest(classifier), torch.enable_grad():
            loss = classifier.outcome.losses(classifier(batch), batch.labels).sum()
            (gradient,) = torch.autograd.grad(loss, embedded)
    finally:
        hook.remove()
    norms = gradient.float().norm(dim=2)  # (B, T)
    steps = torch.arange(norms.shape[1], device=norms.device)
    places = (batch.lengths[:, None] - 1 - steps).clamp(min=0)  # at distance d from the end
    reached = steps < batch.lengths[:, None]
    flow: Tensor = (norms.gather(1, places) * reached).sum(0) / reached.sum(0)
    return flow


@torch.no_grad()
def activations(classifier: Classifier, batch: Batch) -> dict[str, Tensor]:
    """Values of gates and states at all tokens, one flat tensor for each gate of each layer.

    Gates are recomputed from a layer's inputs and outputs, since nn.LSTM and nn.GRU do not expose
    them.
    """
    found: dict[str, Tensor] = {}

    def note(module: nn.Module, inputs: tuple[Tensor, Tensor]) -> None:
        masks.append(inputs[1])  # shorter than the batch's after a max pooling

    def watch(
        module: nn.Module,
        inputs: tuple[Tensor, ...],
        options: dict[str, Any],
        outputs: tuple[Tensor, Tensor],
    ) -> None:
        assert isinstance(module, nn.RNNBase)
        states, cell = outputs[0].float(), module.mode.split("_")[0]
        layer = f"{cell.lower()}_{len(seen)}"
        seen.append(layer)
        nothing = torch.zeros_like(states[:, :1])  # as at padding, where a backward layer starts
        forward = [nothing, states[:, :-1]]
        before = torch.cat([states[:, 1:], nothing] if options["reverse"] else forward, dim=1)
        weights = {n.removesuffix("_l0"): p.float() for n, p in module.named_parameters()}
        sums = (
            inputs[0].float() @ weights["weight_ih"].T + weights["bias_ih"]
            + before @ weights["weight_hh"].T + weights["bias_hh"]
        )  # fmt: skip
        names = GATES[cell]
        for name, part in zip(names, sums.chunk(len(names) or 1, dim=2), strict=False):
            if name is not None:
                found[f"{layer}/{name}_gate"] = part[masks[-1]].sigmoid().flatten()
        found[f"{layer}/state"] = states[masks[-1]].flatten()

    seen: list[str] = []
    masks: list[Tensor] = []
    layers = [m for m in classifier.encoder.modules() if isinstance(m, nn.RNNBase)]
    hooks = [layer.register_forward_hook(watch, with_kwargs=True) for layer in layers]
    hooks += [
        module.register_forward_pre_hook(note)
        for module in classifier.encoder.modules()
        if isinstance(module, RecurrentLayer)
    ]
    try:
        with at_rest(classifier):
            classifier(batch)
    finally:
        for hook in hooks:
            hook.remove()
    return found
