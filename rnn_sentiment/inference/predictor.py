"""A trained model as a function from texts to probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from rnn_sentiment.calibration import Calibration
from rnn_sentiment.data.batches import pad
from rnn_sentiment.data.sources.text import LONGEST, too_long, without_surrogates
from rnn_sentiment.data.tokenizer import UNKNOWN_ID, encode
from rnn_sentiment.inference.trained import Trained, load
from rnn_sentiment.outcome import AnyOf, Outcome

BATCH_SIZE = 64
UNCALIBRATED = Calibration(temperature=1, rows=0)


class Answers(NamedTuple):
    """A model's answers to N texts.

    Attributes:
        labels: (N,) int64, the answers, which the model's `outcome` interprets.
        probabilities: (N, C) float32, probability of every class or label.
        truncated: (N,) bool, whether a text has more tokens than are read.
    """

    labels: np.ndarray
    probabilities: np.ndarray
    truncated: np.ndarray


class Predictor:
    """A trained model with its vocabulary and labels, in float32.

    Args:
        trained: the model, as `load` reads it.
    """

    def __init__(self, trained: Trained) -> None:
        self.network = trained.network
        self.tokenizer = trained.tokenizer
        self.reading = trained.reading
        self.labels = trained.labels
        self.calibration = trained.calibration
        self.form = trained.form
        self.yardstick = trained.yardstick

    @classmethod
    def load(cls, path: Path | str) -> Predictor:
        """Read a run folder, or a bundle: a folder or a zip file.

        Raises:
            UserError: it is neither, or it is damaged.
        """
        return cls(load(Path(path)))

    def __call__(self, texts: Sequence[str]) -> list[dict[str, float]]:
        """Probability of every class or label, by name, for each text.

        Raises:
            UserError: a text is too long to fit in memory.
        """
        rows = self.answer(texts).probabilities.tolist()
        return [dict(zip(self.labels, row, strict=True)) for row in rows]

    def answer(self, texts: Sequence[str]) -> Answers:
        """Answer each text; batches have similar lengths, which avoids most of the padding.

        Raises:
            UserError: a text is too long to fit in memory.
        """
        for number, text in enumerate(texts):
            if len(text) > LONGEST:
                raise too_long(f"text {number + 1}")
        rows, full_lengths = self._read(list(map(without_surrogates, texts)))
        probabilities = self.outcome.class_probabilities(self.logits(rows)).numpy()
        return Answers(
            self._labels(probabilities), probabilities, full_lengths > self.reading.max_length
        )

    @torch.inference_mode()
    def logits(self, rows: Sequence[np.ndarray]) -> Tensor:
        """Compute the logits of rows of tokens, divided by the temperature."""
        found = torch.empty(len(rows), self.outcome.num_logits).squeeze(1)
        order = np.argsort(list(map(len, rows)), kind="stable")
        for start in range(0, len(rows), BATCH_SIZE):
            chosen = order[start : start + BATCH_SIZE]
            batch = pad([rows[i] for i in chosen], np.zeros(len(chosen), np.int64))
            found[torch.from_numpy(chosen)] = self.network(batch)
        return found / self.temperature

    def names(self, label: int) -> list[str]:
        """The names of the class or labels in an answer."""
        return [self.labels[number] for number in self.outcome.numbers(int(label))]

    def to_explain(self, answers: Answers, row: int) -> int:
        """The class of a row's answer; with several labels, the most likely one."""
        if isinstance(self.outcome, AnyOf):
            return int(answers.probabilities[row].argmax())
        return int(answers.labels[row])

    def read(self, tokens: np.ndarray) -> np.ndarray:
        """The tokens of a text that the network reads; one `<unk>` if there are none."""
        return self.reading(tokens if len(tokens) else np.array([UNKNOWN_ID]))

    @property
    def outcome(self) -> Outcome:
        """How labels and logits are interpreted."""
        return self.network.outcome

    @property
    def temperature(self) -> float:
        """The divisor of logits."""
        return 1.0 if self.calibration is None else self.calibration.temperature

    def sets(self, probabilities: np.ndarray) -> np.ndarray | None:
        """Which classes are in the prediction set of each text, `(N, C)`; None without sets."""
        if self.calibration is None or self.calibration.sets is None:
            return None
        return np.asarray(probabilities >= self.calibration.sets.probability)

    def _read(self, texts: list[str]) -> tuple[list[np.ndarray], np.ndarray]:
        """The tokens of each text that are read, and how many it has in total."""
        rows: list[np.ndarray] = []
        lengths: list[int] = []
        for start in range(0, len(texts), BATCH_SIZE):  # tokens that are cut off are freed at once
            tokens = encode(self.tokenizer, texts[start : start + BATCH_SIZE])
            lengths += map(len, tokens)
            rows += map(self.reading, tokens)
        return rows, np.array(lengths, np.int64)

    def _labels(self, probabilities: np.ndarray) -> np.ndarray:
        return (self.calibration or UNCALIBRATED).answers(probabilities, self.outcome)
