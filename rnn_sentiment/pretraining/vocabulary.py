"""A vocabulary that is learned from unlabelled texts too."""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import chain
from typing import TYPE_CHECKING

from rnn_sentiment.data.tokenizer import Tokenizer
from rnn_sentiment.data.unlabelled import Unlabelled

if TYPE_CHECKING:
    import tokenizers


class WithUnlabelled:
    """Settings of a vocabulary, with additional texts to learn it from.

    Args:
        settings: how the vocabulary is learned.
        unlabelled: the additional texts.
    """

    def __init__(self, settings: Tokenizer, unlabelled: Unlabelled) -> None:
        self.settings = settings
        self.unlabelled = unlabelled

    @property
    def key(self) -> str:
        """Everything that decides the ids."""
        digests = self.unlabelled.digests
        return json.dumps([self.settings.key, digests]) if digests else self.settings.key

    def train(self, texts: Iterable[list[str]]) -> tokenizers.Tokenizer:
        """Learn the vocabulary from batches of texts and the additional ones."""
        return self.settings.train(chain(texts, self.unlabelled.read("Reading unlabelled")))
