"""A trained run as a function from texts to probabilities."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer

from rnn_sentiment import runs
from rnn_sentiment.configuration import check
from rnn_sentiment.data.batches import pad, truncate
from rnn_sentiment.data.corpus import LABELS
from rnn_sentiment.data.tokenizer import UNKNOWN_ID
from rnn_sentiment.errors import UserError
from rnn_sentiment.evaluation import restore

BATCH_SIZE = 64


class Predictor:
    """The best checkpoint of a run, in float32, with the run's own vocabulary.

    Args:
        run: the run folder.

    Raises:
        UserError: the folder holds no trained run.
    """

    labels = LABELS

    def __init__(self, run: Path) -> None:
        self.cfg = runs.load_config(run)
        check(self.cfg)
        file = run / "tokenizer.json"
        if not file.exists():
            raise UserError(f"{run} has no tokenizer.json: it is not the folder of a trained run")
        self.tokenizer = Tokenizer.from_file(str(file))
        self.classifier = restore(self.cfg, run, self.tokenizer.get_vocab_size())

    @torch.inference_mode()
    def __call__(self, texts: list[str]) -> list[float]:
        """Probability of label 1 (positive) for each text."""
        probabilities: list[float] = []
        for start in range(0, len(texts), BATCH_SIZE):
            encoded = self.tokenizer.encode_batch(texts[start : start + BATCH_SIZE])
            rows = [
                truncate(
                    np.asarray(e.ids or [UNKNOWN_ID]),
                    self.cfg.data.max_length,
                    self.cfg.data.truncation,
                )
                for e in encoded
            ]
            batch = pad(rows, np.zeros(len(rows), np.int64))
            probabilities += torch.sigmoid(self.classifier(batch)).tolist()
        return probabilities
