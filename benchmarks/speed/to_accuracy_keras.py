"""Train with Keras until a goal: REVIEWS EPOCHS GOAL LAYER DIM SIZE (see to_accuracy.py)."""

from __future__ import annotations

import json
import sys
import time

import keras
import numpy as np
from frameworks_keras import network


class UntilGoal(keras.callbacks.Callback):
    """Notes accuracy and seconds of every epoch, and stops when the goal is reached."""

    def __init__(self, goal: float) -> None:
        super().__init__()
        self.goal = goal
        self.seconds: list[float] = []
        self.accuracy: list[float] = []

    def on_epoch_begin(self, epoch: int, logs: object = None) -> None:
        """Start the clock."""
        self.started = time.perf_counter()

    def on_test_begin(self, logs: object = None) -> None:
        """Stop the clock: validation is not counted."""
        self.seconds.append(time.perf_counter() - self.started)

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Note the accuracy on the validation part."""
        self.accuracy.append((logs or {})["val_accuracy"])
        if self.accuracy[-1] >= self.goal:
            self.model.stop_training = True


def main() -> None:
    """Train and print seconds and accuracies of the epochs as JSON."""
    file, epochs, goal = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    layer, dim, size = sys.argv[4], int(sys.argv[5]), int(sys.argv[6])
    data = np.load(file)
    model = network(layer, int(data["vocabulary_size"]), dim, size)
    optimizer = keras.optimizers.AdamW(0.003, weight_decay=0.1)
    model.compile(optimizer, "binary_crossentropy", metrics=["accuracy"])
    epoch_ends = UntilGoal(goal)
    model.fit(
        data["tokens"], data["labels"], batch_size=64, epochs=epochs, verbose=0,
        validation_data=(data["validation_tokens"], data["validation_labels"]),
        callbacks=[epoch_ends],
    )  # fmt: skip
    print(json.dumps({"seconds": epoch_ends.seconds, "accuracy": epoch_ends.accuracy}))


if __name__ == "__main__":
    main()
