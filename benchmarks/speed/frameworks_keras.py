"""Train some batches with Keras: REVIEWS BATCHES WARM_UP LAYER DIM SIZE (see frameworks.py)."""

from __future__ import annotations

import json
import resource
import sys
import time

import keras
import numpy as np
from keras import layers

LIMIT = 60.0  # seconds of training: the PyTorch backend runs a Python loop over the words


def network(layer: str, vocabulary_size: int, dim: int, size: int) -> keras.Model:
    """Embedding, one layer, one probability."""
    tokens = keras.Input((None,), dtype="int32")
    masked = layer != "conv1d"  # no convolution of Keras' takes a mask
    embedded = layers.Embedding(vocabulary_size, dim, mask_zero=masked)(tokens)
    if layer == "conv1d":
        found = [
            layers.Conv1D(size, width, padding="same", activation="relu")(embedded)
            for width in (1, 3, 5)
        ]
        pooled = layers.GlobalMaxPooling1D()(layers.Concatenate()(found))
    elif layer == "bilstm":
        pooled = layers.Bidirectional(layers.LSTM(size))(embedded)
    else:
        make = {"rnn": layers.SimpleRNN, "lstm": layers.LSTM, "gru": layers.GRU}[layer]
        pooled = make(size)(embedded)
    return keras.Model(tokens, layers.Dense(1, activation="sigmoid")(pooled))


class Clock(keras.callbacks.Callback):
    """Times at which batches end; `LIMIT` seconds after the start the last one ends."""

    def __init__(self) -> None:
        super().__init__()
        self.ends = [time.perf_counter()]

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Note the time, when the loss is there: JAX computes it behind the caller's back."""
        float((logs or {})["loss"])
        self.ends.append(time.perf_counter())
        self.model.stop_training = self.ends[-1] - self.ends[0] > LIMIT


def main() -> None:
    """Train and print tokens a second and the peak of memory as JSON."""
    file, batches, warm_up = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    layer, dim, size = sys.argv[4], int(sys.argv[5]), int(sys.argv[6])
    data = np.load(file)
    rows = 64 * batches
    model = network(layer, int(data["vocabulary_size"]), dim, size)
    model.compile(keras.optimizers.AdamW(0.003, weight_decay=0.1), "binary_crossentropy")
    clock = Clock()
    model.fit(
        data["tokens"][:rows], data["labels"][:rows], batch_size=64, shuffle=False, verbose=0,
        callbacks=[clock],
    )  # fmt: skip
    seconds = clock.ends[-1] - clock.ends[warm_up]
    trained = 64 * (len(clock.ends) - 1)
    tokens = int(data["lengths"][64 * warm_up : trained].sum())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"tokens_per_second": tokens / seconds, "peak_mib": peak}))


if __name__ == "__main__":
    main()
