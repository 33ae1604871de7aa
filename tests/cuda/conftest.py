"""Tests that are marked `cuda` are skipped where there is no such device."""

from __future__ import annotations

import pytest
import torch


@pytest.fixture(autouse=True)
def _device(request: pytest.FixtureRequest) -> None:
    if request.node.get_closest_marker("cuda") and not torch.cuda.is_available():
        pytest.skip("no CUDA device")
