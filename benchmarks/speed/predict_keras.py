"""Predict with Keras: REVIEWS LAYER DIM SIZE (see predict.py)."""

from __future__ import annotations

import json
import sys
import time

import numpy as np

from benchmarks.speed.frameworks_keras import network
from benchmarks.timing import milliseconds


def main() -> None:
    """Print reviews a second, and milliseconds for one review, as JSON."""
    file, layer, dim, size = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    data = np.load(file)
    tokens = data["tokens"]
    single = tokens[: int(data["singles"])]
    model = network(layer, int(data["vocabulary_size"]), dim, size)
    model.predict(tokens[:64], batch_size=64, verbose=0)
    model.predict_on_batch(single[:1])
    started = time.perf_counter()
    model.predict(tokens, batch_size=64, verbose=0)
    seconds = time.perf_counter() - started
    found = {
        "reviews_per_second": len(tokens) / seconds,
        "milliseconds": milliseconds(model.predict_on_batch, single),
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
