"""Predictors of every kind, with random weights."""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from torch import nn

from rnn_sentiment.calibration import Calibration
from rnn_sentiment.data.reading import Reading
from rnn_sentiment.data.tokenizer import WordTokenizer
from rnn_sentiment.embeddings import (
    HashedNgrams,
    NaiveBayesNgrams,
    NumberEmbedding,
    RandomEmbedding,
)
from rnn_sentiment.embeddings.naive_bayes import hashes_apart
from rnn_sentiment.encoders import ConvolutionalLayer, Encoder, Flatten, MaxPooling, RecurrentLayer
from rnn_sentiment.inference.predictor import Predictor
from rnn_sentiment.inference.trained import Trained
from rnn_sentiment.network import Network, input_dim
from rnn_sentiment.outcome import OneOf, Outcome

TEXT = "a quiet honest film, and not a dull one"
CELLS = ("rnn", "lstm", "gru", "mingru", "minlstm", "qrnn", "lru")
LAYERS: dict[str, dict[str, Any]] = {
    cell: {
        "layers": partial(RecurrentLayer, cell=cell, hidden_size=6, bidirectional=True),
        "pooling": "concat",
    }
    for cell in CELLS
} | {
    "bag": {"layers": [], "pooling": "mean", "dense_after": [5]},
    "flatten": {"layers": [], "pooling": partial(Flatten, length=12), "dense_after": [5]},
    "conv1d": {
        "layers": partial(ConvolutionalLayer, num_filters=5, widths=[1, 3]),
        "pooling": "max",
    },
    "stack": {
        "layers": [
            partial(ConvolutionalLayer, num_filters=4, widths=[3]),
            partial(MaxPooling, size=2),
            partial(RecurrentLayer, cell="lstm", hidden_size=5),
        ],
        "pooling": "attention",
    },
    "separate": {
        "layers": partial(
            RecurrentLayer, cell="gru", hidden_size=4, bidirectional=True, separate=True
        ),
        "pooling": "last",
    },
}


def make_predictor(
    layers: str = "gru",
    ngrams: str = "naive_bayes",
    outcome: Outcome = OneOf(2),  # noqa: B008
    reading: Reading | None = None,
    tokenizer: Any = WordTokenizer(),  # noqa: B008
    temperature: float = 1.0,
    numbers: bool = False,
) -> Predictor:
    """A network with random weights that reads the words of TEXT."""
    torch.manual_seed(0)
    trained = tokenizer.train([[TEXT]])
    size = trained.get_vocab_size()
    reading = reading or Reading(max_length=12)
    embedding: nn.Module = (
        NumberEmbedding(size, 0, 0)
        if numbers
        else RandomEmbedding(size, 6, 0, 0, reading.masked, 2 if layers == "separate" else 1)
    )
    channel: Any = {
        "none": lambda: None,
        "hashed": lambda: HashedNgrams(outcome, [2, 3], 50, 4),
        "naive_bayes": lambda: NaiveBayesNgrams(outcome, [1, 2, 3], 1, 100, 2, 1.0),
    }[ngrams]()
    encoder = Encoder(input_dim(embedding, channel), **LAYERS[layers])
    network = Network(embedding, channel, encoder, outcome).eval()
    for parameter in network.parameters():
        nn.init.normal_(parameter, std=0.4)
    tokens = torch.tensor([trained.encode(TEXT).ids])
    if ngrams == "naive_bayes":
        known = torch.cat([hashes_apart(tokens, size)[0][0] for size in channel.sizes]).unique()
        channel.hashes = known
        channel.ratios = torch.randn(3, len(known), channel.num_ratios).half()
    names = tuple(f"class {i}" for i in range(outcome.num_classes))
    calibration = Calibration(temperature=temperature, rows=1)
    return Predictor(Trained(network, trained, reading, names, calibration))
