"""Layers on a device against the same layers in float64 on the CPU."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import Tensor

from rnn_sentiment.encoders import RecurrentLayer
from rnn_sentiment.encoders.recurrent import CELLS, PARALLEL
from rnn_sentiment.types import make_mask
from tests.cuda.devices import on_devices

LENGTHS = torch.tensor([300, 1, 17, 255])


def outputs_and_gradients(
    layer: RecurrentLayer, inputs: Tensor, mask: Tensor, half: bool
) -> list[Tensor]:
    inputs = inputs.detach().requires_grad_()
    with torch.autocast(inputs.device.type, enabled=half):
        outputs = layer(inputs, mask)
    weights = torch.linspace(-1, 1, outputs.shape[2], device=inputs.device)
    loss = (outputs.to(inputs.dtype) * weights.to(inputs.dtype)).sum()
    return [outputs, *torch.autograd.grad(loss, [inputs, *layer.parameters()])]


@pytest.mark.parametrize("half", [False, True])
@pytest.mark.parametrize(
    ("device", "cell"), on_devices([*CELLS, *PARALLEL], rehearsed=("gru", "qrnn", "lru"))
)
def test_a_layer_computes_what_it_computes_in_float64(device, cell, half, monkeypatch):
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", False)  # which has 10 bits
    torch.manual_seed(0)
    layer = RecurrentLayer(24, cell, 32, bidirectional=True)
    inputs, mask = torch.randn(4, 300, 24), make_mask(LENGTHS, 300)
    exact = outputs_and_gradients(copy.deepcopy(layer).double(), inputs.double(), mask, False)
    found = outputs_and_gradients(layer.to(device), inputs.to(device), mask.to(device), half)
    assert not found[0][~mask.to(device)].any()
    for one, other in zip(found, exact, strict=True):
        assert one.device.type == device
        far = (one.double().cpu() - other).norm() / other.norm()
        assert far < (0.03 if half else 1e-4)
