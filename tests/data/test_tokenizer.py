"""Words of normalised text, the most frequent first, ties by alphabet."""

from __future__ import annotations

import pytest

from rnn_sentiment.data.tokenizer import PADDING_ID, UNKNOWN_ID, WordTokenizer


def words(text: str, **settings: object) -> list[str]:
    tokenizer = WordTokenizer(**settings).train([[text]])  # type: ignore[arg-type]
    encoding = tokenizer.encode(text)
    assert PADDING_ID not in encoding.ids
    return list(encoding.tokens)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Good GOOD good", ["good", "good", "good"]),
        ("one<br /><br />two<br>three", ["one", "two", "three"]),
        ("don't can\u2019t 'quoted'", ["don't", "can't", "quoted"]),
        ("ﬁne ＷＩＤＥ café cafe\u0301", ["fine", "wide", "café", "café"]),
        ("10/10! why?", ["10", "10", "!", "why", "?"]),
        ("well-made, isn't it...", ["well", "made", "isn't", "it"]),
        ("日本 映画", ["日本", "映画"]),
    ],
)
def test_text_is_normalised_into_words(text, expected):
    assert words(text) == expected


def test_case_can_be_kept():
    assert words("Good good", lowercase=False) == ["Good", "good"]


def test_the_most_frequent_words_are_kept_and_the_rest_is_unknown():
    texts = [["b b b a a c"], ["d d"]]
    tokenizer = WordTokenizer(vocabulary_size=4).train(texts)
    assert tokenizer.get_vocab() == {"<pad>": 0, "<unk>": 1, "b": 2, "a": 3}
    assert tokenizer.encode("a c e").ids == [3, UNKNOWN_ID, UNKNOWN_ID]
    rare = WordTokenizer(min_frequency=2).train(texts).get_vocab()
    assert set(rare) == {"<pad>", "<unk>", "a", "b", "d"}


def test_every_setting_is_part_of_the_key():
    keys = {
        WordTokenizer().key,
        WordTokenizer(vocabulary_size=9).key,
        WordTokenizer(min_frequency=2).key,
        WordTokenizer(lowercase=False).key,
    }
    assert len(keys) == 4
