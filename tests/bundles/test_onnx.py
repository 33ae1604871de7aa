"""An ONNX bundle runs with onnxruntime and tokenizers alone, and answers as torch does."""

from __future__ import annotations

import ast
import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from rnn_sentiment import export
from rnn_sentiment.bundles import onnx
from rnn_sentiment.configuration import compose
from rnn_sentiment.data.reading import Reading
from rnn_sentiment.encoders import Pooling
from rnn_sentiment.errors import UserError
from rnn_sentiment.inference import Predictor
from rnn_sentiment.inference.trained import Trained, load_run
from rnn_sentiment.network import Network, build_parts

HAS_EXTRA = all(map(importlib.util.find_spec, ("onnx", "onnxruntime")))
needs_extra = pytest.mark.skipif(
    not HAS_EXTRA, reason="needs onnx and onnxruntime: pip install 'rnn_sentiment[export]'"
)


@pytest.fixture(scope="module")
def trained(finished_run: Path) -> Trained:
    return load_run(finished_run)


@needs_extra
def test_the_script_of_the_card_gives_the_answers_of_the_run(finished_run, tmp_path):
    export.run([f"run={finished_run}", f"out={tmp_path / 'bundle'}", "format=onnx"])
    card = (tmp_path / "bundle" / "README.md").read_text()
    (script,) = re.findall(r"```python\n(.*?)```", card, re.DOTALL)
    alone = "import sys; sys.modules['torch'] = sys.modules['rnn_sentiment'] = None\n"
    done = subprocess.run(
        [sys.executable, "-c", alone + script], cwd=tmp_path / "bundle",
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = [ast.literal_eval(line) for line in done.stdout.splitlines()]
    texts = ["A quiet, honest film.", "Dull."]
    for row, expected in zip(found, Predictor.load(finished_run)(texts), strict=True):
        assert row == pytest.approx(expected, abs=1e-5)


@needs_extra
@pytest.mark.parametrize(
    "overrides",
    [
        ("model=lstm", "model.bidirectional=true", "model.pooling=attention"),
        ("model=rnn", "model.num_layers=2", "model.pooling=last"),
        ("model=conv1d",),
        ("model=bag",),
        ("model=stack",),
    ],
    ids=lambda overrides: overrides[0],
)
def test_a_graph_answers_as_torch_does_for_every_size_and_length(overrides, trained):
    cfg = compose(*overrides)
    size = trained.tokenizer.get_vocab_size()
    other = Trained(
        Network(*build_parts(cfg, size, 2)), trained.tokenizer, Reading(), ("a", "b"), None
    )
    model = onnx.Probabilities(other)
    onnx.check(onnx.to_onnx(model, other.reading), model, other)


@needs_extra
def test_a_graph_that_answers_otherwise_is_refused(trained):
    model = onnx.Probabilities(trained)
    graph = onnx.to_onnx(model, trained.reading)
    model.temperature = 3.0
    with pytest.raises(UserError, match="from torch's"):
        onnx.check(graph, model, trained)


@pytest.mark.parametrize(("overrides", "name"), [(["model=mingru"], "MinGRU loops over")])
def test_what_has_no_graph_is_refused(trained, tmp_path, overrides, name):
    network = Network(*build_parts(compose(*overrides), 9, 2))
    other = Trained(network, trained.tokenizer, Reading(), ("a", "b"), None)
    with pytest.raises(UserError, match=name):
        onnx.write_onnx(tmp_path, tmp_path, other, "")


def test_a_missing_package_is_named(trained, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(UserError, match=r"needs onnx: pip install 'rnn_sentiment\[export\]'"):
        onnx.needs_extra()


def test_pooling_the_last_state_is_that_of_each_row():
    states, lengths = torch.randn(3, 5, 4, dtype=torch.float16), np.array([5, 1, 3])
    mask = torch.arange(5) < torch.tensor(lengths)[:, None]
    pooled = Pooling("last", 4, 2)(states, mask)
    for row, length in enumerate(lengths):
        assert torch.equal(pooled[row, :2], states[row, length - 1, :2])
        assert torch.equal(pooled[row, 2:], states[row, 0, 2:])
