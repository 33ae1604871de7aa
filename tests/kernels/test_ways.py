"""Which way layers are computed, and what is said about it."""

from __future__ import annotations

import pytest
import torch
from torch.testing import assert_close

from rnn_sentiment import kernels
from rnn_sentiment.errors import UserError
from rnn_sentiment.kernels import ways
from tests.kernels.cases import Case


@pytest.mark.slow
def test_a_way_that_was_chosen_is_used(way):
    assert kernels.in_use() == way
    assert kernels.in_use("cuda") == "stock"


def test_another_word_is_refused():
    with pytest.raises(UserError, match="must be one of auto, compiled, torch, stock, not 'fast'"):
        kernels.use("fast")


@pytest.mark.usefixtures("_forgotten")
def test_without_a_compiler_plain_torch_is_taken(monkeypatch, tmp_path, caplog):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CXX", raising=False)
    kernels.use("auto")
    assert kernels.in_use() == "torch (no C++ compiler)"
    case = Case.make("gru")
    case()
    case()
    assert len(caplog.messages) == 1
    with pytest.raises(UserError, match="no C\\+\\+ compiler; kernels=auto"):
        kernels.use("compiled")


def test_float64_is_computed_in_plain_torch(compiled):
    assert ways.way(torch.device("cpu"), torch.float64) == "torch"
    assert ways.way(torch.device("cpu"), torch.float16) == "stock"


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:The tensor attributes")
def test_an_exported_layer_consists_of_torchs_operations(compiled):
    case = Case.make("gru", lengths=False)
    program = torch.export.export(case.layer, (case.inputs,))
    assert "aten.gru" in str(program.graph)
    assert_close(program.module()(case.inputs)[0], case.layer(case.inputs)[0])
