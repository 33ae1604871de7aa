"""Data modules for tests, from one list of options."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rnn_sentiment.data import PathSource, Reading, ReviewDataModule, Splits, WordTokenizer
from rnn_sentiment.data.tokenizer import Tokenizer
from rnn_sentiment.upgrade import SHORT_NAMES


def make_data(
    path: Path, cache: Path, tokenizer: Tokenizer | None = None, seed: int = 1, **options: Any
) -> ReviewDataModule:
    """A data module on files, set up; options go to the section that has them."""
    sections: dict[str, dict[str, Any]] = {"source": {}, "reading": {}, "splits": {}, "": {}}
    for key, value in options.items():
        section = SHORT_NAMES.get(f"data.{key}", f"data..{key}").split(".")[1]
        sections[section][key] = value
    data = ReviewDataModule(
        tokenizer or WordTokenizer(500),
        PathSource(str(path), **sections["source"]),
        Reading(seed=seed, **sections["reading"]),
        Splits(seed=seed, **sections["splits"]),
        cache=str(cache),
        seed=seed,
        **sections[""],
    )
    data.setup()
    return data
