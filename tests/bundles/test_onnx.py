"""An ONNX bundle runs with onnxruntime and tokenizers alone, and answers as torch does."""

from __future__ import annotations

import ast
import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from rnn_sentiment import export
from rnn_sentiment.bundles import onnx
from rnn_sentiment.configuration import compose
from rnn_sentiment.data.reading import Reading
from rnn_sentiment.embeddings import NaiveBayesNgrams
from rnn_sentiment.embeddings.naive_bayes import hashes_apart
from rnn_sentiment.encoders import Pooling
from rnn_sentiment.errors import UserError
from rnn_sentiment.inference import Predictor
from rnn_sentiment.inference.trained import Trained, load_run
from rnn_sentiment.network import Network, build_parts
from rnn_sentiment.outcome import OneOf

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
    texts = ["A text to classify.", "Another."]
    for row, expected in zip(found, Predictor.load(finished_run)(texts), strict=True):
        assert row == pytest.approx(expected, abs=1e-5)


def untrained(*overrides: str) -> Trained:
    """A network for nine words, whose phrases come again and again."""
    network = Network(*build_parts(compose(*overrides), 9, OneOf(2)))
    if isinstance(ngrams := network.ngrams, NaiveBayesNgrams):
        tokens = torch.randint(2, 9, (40, 5))
        hashes = [hashes_apart(tokens, size)[0].flatten() for size in ngrams.sizes]
        ngrams.hashes = torch.cat(hashes).unique()
        ngrams.ratios = torch.randn(ngrams.folds + 1, len(ngrams.hashes), 1).half()
    tokenizer = SimpleNamespace(get_vocab_size=lambda: 9)
    return Trained(network, tokenizer, Reading(), ("a", "b"), None)  # type: ignore[arg-type]


@pytest.mark.slow
@needs_extra
@pytest.mark.parametrize(
    "overrides",
    [
        ("model=lstm", "model.bidirectional=true", "model.pooling=attention"),
        ("model=rnn", "model.num_layers=2", "model.pooling=last", "ngrams=none"),
        ("model=conv1d", "ngrams=none"),
        ("model=bag", "ngrams=hashed", "ngrams.num_buckets=50"),
        ("model=stack",),
    ],
    ids=lambda overrides: overrides[0],
)
def test_a_graph_answers_as_torch_does_for_every_size_and_length(overrides):
    other = untrained(*overrides)
    model = onnx.Probabilities(other)
    onnx.check(onnx.to_onnx(model, other.reading), model, other)


@needs_extra
def test_a_graph_that_answers_otherwise_is_refused(trained):
    model = onnx.Probabilities(trained)
    graph = onnx.to_onnx(model, trained.reading)
    model.temperature = 3.0
    with pytest.raises(UserError, match="from torch's"):
        onnx.check(graph, model, trained)


def test_what_only_one_length_could_be_written_for_is_refused(tmp_path):
    with pytest.raises(UserError, match="MinGRU loops over the tokens"):
        onnx.write_onnx(tmp_path, tmp_path, untrained("model=mingru"), "")


def test_a_missing_package_is_named(trained, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(UserError, match=r"needs onnx: pip install 'rnn_sentiment\[export\]'"):
        onnx.to_onnx(onnx.Probabilities(trained), trained.reading)


def test_pooling_the_last_state_is_that_of_each_row():
    states, lengths = torch.randn(3, 5, 4, dtype=torch.float16), np.array([5, 1, 3])
    mask = torch.arange(5) < torch.tensor(lengths)[:, None]
    pooled = Pooling("last", 4, 2)(states, mask)
    for row, length in enumerate(lengths):
        assert torch.equal(pooled[row, :2], states[row, length - 1, :2])
        assert torch.equal(pooled[row, 2:], states[row, 0, 2:])
