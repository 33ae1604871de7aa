"""Kernels that are wider than every text of a batch."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F
from torch.testing import assert_close

from rnn_sentiment.encoders import ConvolutionalLayer
from rnn_sentiment.types import make_mask


@pytest.mark.fault("b39")
def test_a_kernel_wider_than_all_texts_reads_zeros_beyond_them():
    torch.manual_seed(0)
    layer = ConvolutionalLayer(4, num_filters=3, widths=[9]).eval()
    embedded, mask = torch.randn(2, 4, 4), make_mask(torch.tensor([1, 4]), 4)
    features = layer(embedded, mask)
    assert features.isfinite().all()
    wider = layer(F.pad(embedded, (0, 0, 0, 20)), F.pad(mask, (0, 20), value=False))
    assert_close(wider[:, :4][mask], features[mask])
