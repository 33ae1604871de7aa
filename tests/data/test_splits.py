"""Splits: the same for every order of the rows, and as even as they promise."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from rnn_sentiment.data.rows import IndexedPart
from rnn_sentiment.data.splits import Splits
from rnn_sentiment.errors import UserError

SETTINGS: list[dict[str, Any]] = [
    {},
    {"split_seed": 3},
    {"stratified": True},
    {"stratified": True, "split_seed": 3, "train_size": 100},
    {"folds": 5, "fold": 2},
    {"stratified": True, "folds": 3, "fold": 0, "split_seed": 4},
]


def part(size: int, seed: int = 0) -> IndexedPart:
    """Rows of four classes, the rarest with a tenth of the rows; some texts repeat."""
    random = np.random.default_rng(seed)
    hashes = random.integers(1 << 64, size=size, dtype=np.uint64)
    hashes[: size // 20] = hashes[size // 20 : 2 * (size // 20)]
    return IndexedPart(random.choice(4, size, p=[0.4, 0.3, 0.2, 0.1]), hashes)


def chosen(rows: IndexedPart, **settings: Any) -> dict[str, set[int]]:
    found = Splits(**settings)({"train": rows})
    return {name: {*rows.hashes[positions].tolist()} for name, (_, positions) in found.items()}


def test_a_split_without_the_newer_settings_is_what_it_always_was():
    rows = part(2000)
    found = {name: positions for name, (_, positions) in Splits()({"train": rows}).items()}
    low, high = (np.uint64(share * 2.0**64) for share in (0.1, 0.1 + 0.2))
    assert found["validation"].tolist() == np.flatnonzero(rows.hashes < low).tolist()
    assert found["train"].tolist() == np.flatnonzero(rows.hashes >= high).tolist()
    factor = np.random.default_rng(7).integers(1 << 64, dtype=np.uint64) | np.uint64(1)
    order = found["train"][np.argsort(rows.hashes[found["train"]] * factor, kind="stable")]
    _, few = Splits(train_size=50, seed=7)({"train": rows})["train"]
    assert few.tolist() == sorted(order[:50].tolist())


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_the_order_of_rows_decides_nothing(settings):
    rows = part(1000)
    order = np.random.default_rng(1).permutation(1000)
    mixed = IndexedPart(rows.labels[order], rows.hashes[order])
    assert chosen(rows, **settings) == chosen(mixed, **settings)


@pytest.mark.slow
@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 2)), min_size=40, max_size=80),
    st.sampled_from([s for s in SETTINGS if "train_size" not in s]),
)
def test_no_row_is_lost_and_equal_texts_stay_together(texts, settings):
    hashes = np.array([text * 0x9E3779B97F4A7C15 % 2**64 for text, _ in texts], np.uint64)
    rows = IndexedPart(np.array([label for _, label in texts]), hashes)
    splits = Splits(**settings)
    try:
        found = splits({"train": rows})
    except UserError:  # so few rows leave some part empty
        return
    positions = [positions for _, positions in found.values()]
    assert sorted(np.concatenate(positions).tolist()) == list(range(len(texts)))
    assert sum(len({*hashes[rows]}) for rows in positions) == len({*hashes})


@pytest.mark.parametrize("seed", [None, 1, 2])
def test_stratified_parts_have_the_same_share_of_every_class(seed):
    rows = part(2000, seed=5)
    found = Splits(stratified=True, split_seed=seed, train_size=700)({"train": rows})
    sizes = np.bincount(rows.labels)
    for name, share in (("validation", 0.1), ("test", 0.2)):
        counts = np.bincount(rows.labels[found[name][1]])
        assert np.abs(counts - share * sizes).max() < 10  # repeated texts may have two classes
    train = rows.labels[found["train"][1]]
    assert np.abs(np.bincount(train) / 700 - sizes / 2000).max() < 0.01


def test_a_seed_holds_out_other_texts_and_repeats_itself():
    rows = part(1000)
    first, again, other = (chosen(rows, split_seed=seed)["test"] for seed in (1, 1, 2))
    assert first == again
    assert 0.1 < len(first & other) / len(first) < 0.4  # a fifth of the texts by chance


@pytest.mark.parametrize("stratified", [True, False])
def test_every_text_is_in_one_fold(stratified):
    rows = part(1000)
    found = [chosen(rows, folds=4, fold=fold, stratified=stratified) for fold in range(4)]
    tested = [fold["test"] for fold in found]
    assert set.union(*tested) == {*rows.hashes.tolist()}
    assert sum(map(len, tested)) == len(np.unique(rows.hashes))
    for fold in found:
        assert not fold["test"] & fold["validation"]
        assert not (fold["test"] | fold["validation"]) & fold["train"]
        assert 0.05 < len(fold["validation"]) / len(np.unique(rows.hashes)) < 0.15


def test_a_fold_takes_the_place_of_the_part_that_is_missing():
    train, test, validation = part(400), part(100, seed=1), part(50, seed=2)
    splits = Splits(folds=4, fold=1)
    found = splits({"train": train, "test": test})
    assert (found["validation"][0], found["test"][0]) == ("train", "test")
    assert len(found["train"][1]) + len(found["validation"][1]) == 400
    assert len(splits({"train": train, "validation": validation})["test"][1]) < 150
    with pytest.raises(UserError, match="no fold takes the place of either"):
        splits({"train": train, "test": test, "validation": validation})
    with pytest.raises(UserError, match="would not read it"):
        Splits(folds=4, fold=1, validate_on="test")({"train": train, "test": test})


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"folds": 5}, "given together"),
        ({"fold": 0}, "given together"),
        ({"folds": 5, "fold": 5}, "fold=5 of folds=5; the first is fold=0"),
        ({"folds": 2, "fold": 0, "validation_fraction": 0.5}, "leave nothing to train on"),
    ],
)
def test_folds_that_cannot_be_are_refused(wrong, message):
    with pytest.raises(ValidationError, match=message):
        Splits(**wrong)
