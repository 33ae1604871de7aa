"""Which rows are for training, validation and test, by hashes of the texts."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import accumulate
from typing import Annotated, Any, Literal, Self

import numpy as np
from pydantic import Field, NonNegativeInt, PositiveInt, model_validator
from pydantic.dataclasses import dataclass

from rnn_sentiment.data.placing import WHOLE, evened, scattered
from rnn_sentiment.errors import UserError
from rnn_sentiment.types import Fraction

Folds = Annotated[int, Field(ge=2)]
Chosen = dict[str, tuple[str, np.ndarray]]  # name -> (part, positions in it)


@dataclass(frozen=True)
class Splits:
    """Chooses the rows for training, validation and test from the parts of a corpus.

    Args:
        validation_fraction: share of the train part held out, chosen by a hash of the text, if
            the corpus has no validation part.
        test_fraction: the same for a missing test part.
        train_size: train on this many rows of the train part, chosen by (seed, hash of the text);
            a smaller choice is a subset of a larger one. None takes all.
        validate_on: `test` trains on the rows that `validation` holds out too, and chooses
            the best epoch on the test part, as lectures often do; test scores are then too
            optimistic.
        deduplicate: leave out rows of the train part whose text is also in the test part.
        seed: of the choice of `train_size` rows.
        stratified: hold out and choose the same share of every class.
        split_seed: hold out different rows for each seed; None uses the hash alone.
        folds: cut the train part into this many folds, one of which is held out. It replaces the
            test part, or the validation part if the corpus has a test part.
        fold: which one, from 0.
    """

    validation_fraction: Fraction = 0.1
    test_fraction: Fraction = 0.2
    train_size: PositiveInt | None = None
    validate_on: Literal["validation", "test"] = "validation"
    deduplicate: bool = False
    seed: NonNegativeInt = 1
    stratified: bool = False
    split_seed: NonNegativeInt | None = None
    folds: Folds | None = None
    fold: NonNegativeInt | None = None

    @model_validator(mode="after")
    def _something_is_left(self) -> Self:
        if self.validation_fraction + self.test_fraction >= 1:
            raise ValueError("validation_fraction + test_fraction leave nothing to train on")
        if (self.folds is None) != (self.fold is None):
            raise ValueError("folds and fold are given together, as folds=5 fold=0")
        if self.folds is not None and self.fold is not None:
            if self.fold >= self.folds:
                raise ValueError(f"fold={self.fold} of folds={self.folds}; the first is fold=0")
            if self.validation_fraction + 1 / self.folds >= 1:
                raise ValueError("validation_fraction and a fold leave nothing to train on")
        return self

    def __call__(self, parts: Mapping[str, Any]) -> Chosen:
        """Choose the rows, given parts with `hashes (rows,) uint64` and `labels (rows,)`.

        Raises:
            UserError: one of the sets would be empty, or training would see a single class.
        """
        rows = split_rows(parts, *self.cuts(parts))
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
                    f"data.train_size={self.train_size}: there are {len(chosen):,} texts to "
                    "train on"
                )
            places = self.placed(scattered(parts[part].hashes, self.seed), parts[part])
            rows["train"] = part, choose(chosen, places, self.train_size)
        for name, (_, chosen) in rows.items():
            if not len(chosen):
                raise UserError(
                    f"there is no text left for {name}; change data.validation_fraction="
                    f"{self.validation_fraction} or data.test_fraction={self.test_fraction}, or "
                    "give more texts"
                )
        part, chosen = rows["train"]
        if len(np.unique(parts[part].labels[chosen])) < 2:
            raise UserError("the train part has a single class; at least two are needed")
        return rows

    def placed(self, places: np.ndarray, part: Any) -> np.ndarray:
        """Places of the texts of a part, evened out if every class gives the same share."""
        return evened(places, part.labels) if self.stratified else places

    def cuts(self, parts: Mapping[str, Any]) -> tuple[np.ndarray, dict[str, int]]:
        """Places of the texts of the train part, and the ends of what is cut off from 0 on.

        Raises:
            UserError: a fold is wanted, and the corpus has both other parts.
        """
        train = parts["train"]
        seed = self.split_seed
        places = self.placed(train.hashes if seed is None else scattered(train.hashes, seed), train)
        held_out = self.validation_fraction if self.validate_on == "validation" else 0.0
        missing = [name for name in ("validation", "test") if name not in parts]
        folded = self.folded(parts)
        if self.folds is None or self.fold is None or folded is None:
            fractions = {"validation": held_out, "test": self.test_fraction}
            shares = accumulate(fractions[name] for name in missing)
            return places, {n: int(s * float(WHOLE)) for n, s in zip(missing, shares, strict=True)}
        first, end = (WHOLE * number // self.folds for number in (self.fold, self.fold + 1))
        ends = {folded: end - first}
        for name in missing:
            if name != folded:
                ends[name] = end - first + int(held_out * WHOLE)
        return places - np.uint64(first), ends

    def folded(self, parts: Mapping[str, Any]) -> str | None:
        """The part that a fold replaces: test, or validation if there is a test part.

        Raises:
            UserError: there are both, or nothing would read the fold.
        """
        if self.folds is None:
            return None
        if "test" not in parts:
            return "test"
        if "validation" in parts:
            raise UserError(
                f"data.folds={self.folds}: the corpus has a validation and a test part, and no "
                "fold takes the place of either; give the train file as data.path"
            )
        if self.validate_on == "test":
            raise UserError(
                f"data.folds={self.folds} holds out a validation part, since the corpus has a "
                "test part; data.validate_on=test would not read it; leave one of the two out"
            )
        return "validation"


def split_rows(parts: Mapping[str, Any], places: np.ndarray, ends: Mapping[str, int]) -> Chosen:
    """Choose rows for train, validation and test.

    Missing parts are cut off the train part by ranges of places, so they do not depend on the
    order of rows, and equal texts stay together.

    Args:
        parts: the existing parts, each with `hashes (rows,) uint64`.
        places: (rows,) uint64 of the train part.
        ends: ends of the missing parts, in the order in which they are cut off from 0 on.
    """
    rest = np.ones(len(places), bool)
    chosen = {n: (n, np.arange(len(parts[n].hashes))) for n in ("validation", "test") if n in parts}
    low = 0
    for name, end in ends.items():
        inside = (places >= np.uint64(low)) & (places < np.uint64(end))
        low = end
        rest &= ~inside
        chosen[name] = ("train", np.flatnonzero(inside))
    order = ("validation", "test")
    return {"train": ("train", np.flatnonzero(rest)), **{name: chosen[name] for name in order}}


def choose(rows: np.ndarray, places: np.ndarray, size: int) -> np.ndarray:
    """Choose the `size` of `rows (N,)` with the first places, in ascending order.

    So choices of several sizes are nested.
    """
    return np.sort(rows[np.argsort(places[rows], kind="stable")[:size]])
