"""Which rows are for training, validation and test, by hashes of the texts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Self

import numpy as np
from pydantic import NonNegativeInt, PositiveInt, model_validator
from pydantic.dataclasses import dataclass

from rnn_sentiment.errors import UserError
from rnn_sentiment.types import Fraction

Chosen = dict[str, tuple[str, np.ndarray]]  # name -> (part, positions in it)


@dataclass(frozen=True)
class Splits:
    """From the parts of a corpus to the rows for training, validation and test.

    Args:
        validation_fraction: share of the train part held out, chosen by a hash of the text, where
            the corpus has no validation part.
        test_fraction: the same for a missing test part.
        train_size: train on this many rows of the train part, chosen by (seed, hash of the text);
            a smaller choice is part of a larger one. None takes all.
        validate_on: `test` trains on the rows that `validation` holds out too, and lets the test
            part choose the best epoch, as lectures often do: its test scores are too good.
        deduplicate: leave out rows of the train part whose text stands in the test part.
        seed: of the choice of `train_size` rows.
    """

    validation_fraction: Fraction = 0.1
    test_fraction: Fraction = 0.2
    train_size: PositiveInt | None = None
    validate_on: Literal["validation", "test"] = "validation"
    deduplicate: bool = False
    seed: NonNegativeInt = 1

    @model_validator(mode="after")
    def _something_is_left(self) -> Self:
        if self.validation_fraction + self.test_fraction >= 1:
            raise ValueError("validation_fraction + test_fraction leave nothing to train on")
        return self

    def __call__(self, parts: Mapping[str, Any]) -> Chosen:
        """Choose the rows, given parts with `hashes (rows,) uint64` and `labels (rows,)`.

        Raises:
            UserError: one of the sets would be empty, or training would see a single class.
        """
        held_out = self.validation_fraction if self.validate_on == "validation" else 0.0
        rows = split_rows(parts, held_out, self.test_fraction)
        if self.deduplicate:
            part, chosen = rows["test"]
            test = parts[part].hashes[chosen]
            for name in ("train", "validation"):
                part, chosen = rows[name]
                rows[name] = part, chosen[~np.isin(parts[part].hashes[chosen], test)]
        if self.validate_on == "test":
            rows["validation"] = rows["test"]
        if self.train_size is not None:
            part, chosen = rows["train"]
            if len(chosen) < self.train_size:
                raise UserError(
                    f"data.train_size={self.train_size}: there are {len(chosen):,} reviews to "
                    "train on"
                )
            rows["train"] = part, choose(chosen, parts[part].hashes, self.train_size, self.seed)
        for name, (_, chosen) in rows.items():
            if not len(chosen):
                raise UserError(
                    f"there is no review left for {name}; change data.validation_fraction="
                    f"{self.validation_fraction} or data.test_fraction={self.test_fraction}, or "
                    "give more reviews"
                )
        part, chosen = rows["train"]
        if len(np.unique(parts[part].labels[chosen])) < 2:
            raise UserError("the train part has a single class; at least two are needed")
        return rows


def split_rows(
    parts: Mapping[str, Any], validation_fraction: float, test_fraction: float
) -> Chosen:
    """Choose rows for train, validation and test.

    What the corpus lacks is split off its train part by ranges of the texts' hashes, so that it
    depends on no order and equal texts stay together.

    Args:
        parts: the parts there are, each with `hashes (rows,) uint64`.
        validation_fraction: share of the train part for a missing validation part.
        test_fraction: the same for a missing test part.
    """
    hashes = parts["train"].hashes
    rest = np.ones(len(hashes), bool)
    chosen = {}
    low = 0.0
    for name, fraction in (("validation", validation_fraction), ("test", test_fraction)):
        if name in parts:
            chosen[name] = (name, np.arange(len(parts[name].hashes)))
            continue
        inside = (hashes >= np.uint64(low * 2.0**64)) & (
            hashes < np.uint64((low + fraction) * 2.0**64)
        )
        low += fraction
        rest &= ~inside
        chosen[name] = ("train", np.flatnonzero(inside))
    return {"train": ("train", np.flatnonzero(rest)), **chosen}


def choose(rows: np.ndarray, hashes: np.ndarray, size: int, seed: int) -> np.ndarray:
    """Choose `size` of `rows (N,)`, ascending, by seed and hash of the text only.

    Multiplying by a random odd number scatters hashes (Dietzfelbinger et al., 1997); the smallest
    are taken, so that choices of several sizes are nested.
    """
    factor = np.random.default_rng(seed).integers(1 << 64, dtype=np.uint64) | np.uint64(1)
    return np.sort(rows[np.argsort(hashes[rows] * factor, kind="stable")[:size]])
