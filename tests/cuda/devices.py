"""Tests on a CUDA device, some of which the CPU rehearses: the same code but for the device."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from typing import Any

import pytest

from rnn_sentiment.configuration import options

# Rehearse all of it, where there is no device: RNN_SENTIMENT_REHEARSE=1 pytest tests/cuda
REHEARSE = bool(os.environ.get("RNN_SENTIMENT_REHEARSE"))
TRAINERS = {"cuda": "gpu", "cpu": "cpu"}

MODELS = [name for name in options("model") if name != "recurrent"]
NUMBERS = ("weather", "weather_sequence")  # experiments without texts
EXPERIMENTS = [name for name in options("experiment") if name not in NUMBERS]
SYSTEMS = {  # overrides by name
    **{name: [f"model={name}"] for name in MODELS},
    **{name: [f"experiment={name}"] for name in EXPERIMENTS},
    "bidirectional": ["model=lstm", "model.bidirectional=true", "model.num_layers=2"],
    "bidirectional-mingru": ["model=mingru", "model.bidirectional=true"],
    "recurrent_dropout": ["model=gru", "model.recurrent_dropout=0.2"],
    "attention": ["model=conv1d", "model.pooling=attention"],
    "ngrams": ["model=bag", "ngrams=hashed", "ngrams.num_buckets=100"],
    "unbucketed": ["model=gru", "data.bucketed=false"],
}


def on_devices(names: Iterable[str], rehearsed: Collection[str] = ()) -> list[Any]:
    """Pairs of device and name: all names on CUDA, and those to rehearse on the CPU."""
    names = list(names)
    cuda = [pytest.param("cuda", name, marks=pytest.mark.cuda, id=name) for name in names]
    chosen = names if REHEARSE else [name for name in names if name in rehearsed]
    return cuda + [pytest.param("cpu", name, id=f"{name}-rehearsed") for name in chosen]
