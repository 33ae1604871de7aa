"""A trained run as a function from texts to probabilities."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from rnn_sentiment import manifest, runs
from rnn_sentiment.configuration import make
from rnn_sentiment.data.batches import pad
from rnn_sentiment.data.sources.text import LONGEST, too_long, without_surrogates
from rnn_sentiment.data.stored_tokenizer import load_stored_tokenizer
from rnn_sentiment.data.tokenizer import encode
from rnn_sentiment.errors import UserError
from rnn_sentiment.logits import probabilities
from rnn_sentiment.network import Network, build_parts, load_best
from rnn_sentiment.trust import check_stored

BATCH_SIZE = 64


class Predictor:
    """The best checkpoint of a run, in float32, with the run's own vocabulary and labels.

    Args:
        run: the run folder.

    Raises:
        UserError: the folder holds no trained run.
    """

    def __init__(self, run: Path) -> None:
        manifest.verify(run, manifest.READ_TO_PREDICT)
        self.cfg = runs.load_config(run)
        check_stored(self.cfg, "embedding", "ngrams", "model", "data.reading")
        file = run / "tokenizer.json"
        if not file.exists():
            raise UserError(f"{run} has no tokenizer.json: it is not the folder of a trained run")
        self.tokenizer = load_stored_tokenizer(file)
        self.labels, _ = runs.load_corpus(run)
        # Words stay in order also where the run shuffled them: a text is given to be read.
        self.reading = replace(make(self.cfg, "data.reading"), shuffle_words=False)
        vocabulary_size = self.tokenizer.get_vocab_size()
        parts = build_parts(self.cfg, vocabulary_size, len(self.labels))
        self.network = Network(*parts, len(self.labels))
        load_best(self.network, run)

    @torch.inference_mode()
    def __call__(self, texts: list[str]) -> list[dict[str, float]]:
        """Probability of every class, by name, for each text.

        Raises:
            UserError: a text is so long that it would fill the memory.
        """
        for number, text in enumerate(texts):
            if len(text) > LONGEST:
                raise too_long(f"text {number + 1}")
        texts = list(map(without_surrogates, texts))
        found: list[dict[str, float]] = []
        for start in range(0, len(texts), BATCH_SIZE):
            rows = [
                self.reading(row)
                for row in encode(self.tokenizer, texts[start : start + BATCH_SIZE])
            ]
            batch = pad(rows, np.zeros(len(rows), np.int64))
            shares = probabilities(self.network(batch))
            if shares.dim() == 1:
                shares = torch.stack([1 - shares, shares], dim=1)
            found += [dict(zip(self.labels, row, strict=True)) for row in shares.tolist()]
        return found
