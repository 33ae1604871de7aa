"""The layers against torch's own, and what holds for every way of computing them."""

from __future__ import annotations

import copy
from collections.abc import Iterator

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.testing import assert_close

from rnn_sentiment import kernels
from rnn_sentiment.kernels import reference, stock
from rnn_sentiment.kernels.sequence import Reading, Weights

CELLS = ("rnn", "lstm", "gru")
STOCK = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}
OURS = {"rnn": kernels.RNN, "lstm": kernels.LSTM, "gru": kernels.GRU}
WAYS = ("compiled", "torch", "stock")
