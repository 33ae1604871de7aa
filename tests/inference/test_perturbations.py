"""Changed texts: what they keep, and whose label turns."""

from __future__ import annotations

from random import Random

import pytest

from rnn_sentiment.data.sources import demo_reviews as demo
from rnn_sentiment.inference.perturbations import (
    CLAUSE,
    DEMO_PERTURBATIONS,
    POOLS,
    append_sentence,
    deny,
    mistype,
    polarity,
    swap_names,
)

REVIEW = "Tom met Mary. Mary was dull, but Tom's plot had a wonderful, wonderful ending!"
REVIEWS = list(demo.generate(1000, 5))


def test_a_name_is_swapped_for_one_of_its_kind_everywhere():
    changed = swap_names(REVIEW, Random(1))
    assert changed is not None
    before, after = REVIEW.split(), changed.split()
    assert [a for a, b in zip(before, after, strict=True) if a == b] == before[1:2] + before[
        4:7
    ] + before[8:]
    assert after[2].strip(".") == after[3]
    assert POOLS[after[3]] is POOLS["Mary"]
    assert POOLS[after[0]] is POOLS["Tom"]
    assert swap_names("no name at all", Random(1)) is None


def test_typing_errors_hit_a_tenth_of_the_longer_words():
    text = " ".join(["wonderful film", "acting it"] * 500)
    changed = mistype(text, Random(1))
    assert changed is not None
    pairs = list(zip(text.split(), changed.split(), strict=True))
    wrong = [(a, b) for a, b in pairs if a != b]
    assert 0.07 < len(wrong) / 1500 < 0.13
    assert all(len(a) > 3 and abs(len(a) - len(b)) < 2 and a[0] == b[0] for a, b in wrong)
    assert mistype("so it is", Random(1)) is None


def test_a_sentence_is_appended_and_nothing_else():
    changed = append_sentence(REVIEW, Random(1))
    assert changed.startswith(REVIEW)
    assert changed.endswith(".")


def test_a_denied_review_says_the_opposite_of_its_label():
    turned = [(review, deny(review.text, Random(1))) for review in REVIEWS]
    turned = [(review, text) for review, text in turned if text is not None]
    assert len(turned) > 30
    for review, text in turned:
        before, after = (list(CLAUSE.finditer(t))[-1] for t in (review.text, text))
        assert polarity(before) == review.true_label
        assert polarity(after) == 1 - review.true_label
        assert text.replace(after[0], "") == review.text.replace(before[0], "")


def test_a_review_of_several_verdicts_is_left_alone():
    clause = "The plot is dull. The acting is superb"
    assert deny(clause, Random(1)) is not None
    assert deny(f"{clause}. The score is fresh", Random(1)) is None
    assert deny("The plot is superb. The acting is superb", Random(1)) is None
    assert deny("The plot is hardly dull", Random(1)) is None
    assert deny("The plot is dull. Critics called the score fresh. Wrong", Random(1)) is None


@pytest.mark.parametrize("name", DEMO_PERTURBATIONS)
def test_the_same_seed_gives_the_same_change_and_most_kinds_reach_every_review(name):
    change, turns = DEMO_PERTURBATIONS[name]
    texts = [review.text for review in REVIEWS[:100]]
    first, again = ([change(text, Random(f"a{text}")) for text in texts] for _ in range(2))
    assert first == again
    assert turns or sum(text is None for text in first) < 5
    assert all(new != text for new, text in zip(first, texts, strict=True))
