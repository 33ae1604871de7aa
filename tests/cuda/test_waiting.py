"""No layer waits for its device, and none mixes devices: what a GPU would be slowed by or refuse.

Tensors on torch's device `meta` have shapes and no values. Whoever reads one of their values on the
host, or computes with one of them and a tensor elsewhere, fails, as here everybody can see.
"""

from __future__ import annotations

import pytest
import torch

from rnn_sentiment.configuration import compose
from rnn_sentiment.network import Network, build_parts
from rnn_sentiment.outcome import OneOf
from rnn_sentiment.types import Batch
from tests.cuda.devices import SYSTEMS

pytestmark = pytest.mark.slow

STEPS = 8  # more than the widest convolution and pooling


def network_and_batch(name: str, device: str) -> tuple[Network, Batch]:
    cfg = compose(*SYSTEMS[name], f"data.max_length={STEPS}")
    network = Network(*build_parts(cfg, 50, OneOf(2))).to(device)
    tokens = torch.ones(4, STEPS, dtype=torch.int64, device=device)
    lengths, labels = torch.ones(2, 4, dtype=torch.int64, device=device).unbind()
    return network, Batch(tokens, lengths, labels)


@pytest.mark.parametrize("name", SYSTEMS)
def test_forward_and_backward_read_no_value_on_the_host(name, monkeypatch):
    monkeypatch.setattr(torch, "is_autocast_enabled", lambda device: False)  # it knows no `meta`
    network, batch = network_and_batch(name, "meta")
    network.outcome.losses(network(batch), batch.labels).mean().backward()
    for parameter in network.parameters():
        if parameter.requires_grad:
            assert parameter.grad is not None
            assert parameter.grad.device.type == "meta"


@pytest.mark.cuda
@pytest.mark.parametrize("name", SYSTEMS)
def test_a_gpu_is_not_waited_for(name):
    network, batch = network_and_batch(name, "cuda")
    network.outcome.losses(network(batch), batch.labels).mean().backward()  # what is set up once
    torch.cuda.set_sync_debug_mode("error")
    try:
        with torch.autocast("cuda", torch.float16):
            loss = network.outcome.losses(network(batch), batch.labels).mean()
        loss.backward()
    finally:
        torch.cuda.set_sync_debug_mode("default")


def test_a_value_that_is_read_would_be_noticed():
    lengths = torch.ones(4, dtype=torch.int64, device="meta")
    with pytest.raises(RuntimeError, match="meta"):
        int(lengths.max())
