"""The demo corpus, generated once for each version of its rules."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from pydantic import PositiveInt
from pydantic.dataclasses import dataclass

from rnn_sentiment.data.corpus import Corpus
from rnn_sentiment.data.fingerprint import Fingerprint
from rnn_sentiment.data.sources import demo_reviews
from rnn_sentiment.data.sources.source import Opened, Source
from rnn_sentiment.storage import locked

SEED = 0


@dataclass(frozen=True)
class DemoSource:
    """Generated reviews.

    Args:
        sizes: train and test reviews.
        fingerprint: nothing but None, which expects no certain corpus.
        fallback: why they stand in for IMDB, if they do.
    """

    sizes: tuple[PositiveInt, PositiveInt] = (5_000, 2_000)
    fingerprint: None = None
    fallback: str | None = None

    kind: ClassVar[str] = "demo"

    @property
    def title(self) -> str:
        """What it is."""
        return "the demo corpus"

    @property
    def first_choice(self) -> Source:
        """Itself."""
        return self

    @property
    def expected(self) -> Fingerprint | None:
        """Any sizes will do."""
        return None

    @property
    def known_labels(self) -> tuple[str, ...] | None:
        """None: without an expected corpus there is no store to look for."""
        return None

    def open(self, cache: Path) -> Opened:
        """Give the corpus."""
        rules = hashlib.blake2b(Path(demo_reviews.__file__).read_bytes(), digest_size=4).hexdigest()
        num_train, num_test = self.sizes
        folder = cache / "demo" / f"{num_train}-{num_test}-{SEED}-{rules}"
        corpus = Corpus(folder, demo_reviews.LABELS)
        with locked(folder):
            if not (corpus.files("train") and corpus.files("test")):
                demo_reviews.write(folder, num_train=num_train, num_test=num_test, seed=SEED)
        return Opened(corpus, self)

    def test_texts(self) -> Iterator[str]:
        """The texts of the test part, generated without a file."""
        seed = 2 * SEED + 1  # as `demo_reviews.write` has it
        return (text for text, _ in demo_reviews.reviews(self.sizes[1], seed))
