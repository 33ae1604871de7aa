"""Words of normalised text, the most frequent first, ties by alphabet; and their pieces."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnn_sentiment.data.sources import demo_reviews as demo
from rnn_sentiment.data.stored_tokenizer import StoredTokenizer
from rnn_sentiment.data.tokenizer import (
    PADDING_ID,
    UNKNOWN_ID,
    SubwordTokenizer,
    WordTokenizer,
    encode,
)


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


def test_every_mark_can_be_a_word():
    text = "It's (well-made)... 10/10!"
    marks = [".", ".", ".", "10", "/", "10", "!"]
    assert words(text, punctuation=True) == ["it's", "(", "well", "-", "made", ")", *marks]


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
        WordTokenizer(punctuation=True).key,
    }
    assert len(keys) == 5


@pytest.fixture(scope="module")
def texts() -> list[str]:
    return [text for text, _ in demo.reviews(300, seed=1)]


@pytest.fixture(scope="module", params=["bpe", "unigram"])
def subwords(request: pytest.FixtureRequest, texts: list[str]):
    return SubwordTokenizer(algorithm=request.param, vocabulary_size=600).train([texts])


@pytest.mark.parametrize("punctuation", [False, True])
@pytest.mark.parametrize("algorithm", ["bpe", "unigram"])
def test_pieces_put_together_are_the_words(algorithm, punctuation, texts):
    subwords = SubwordTokenizer(algorithm, 600, punctuation=punctuation).train([texts])
    words = WordTokenizer(punctuation=punctuation).train([texts])
    for text in texts[:50]:
        together = "".join(subwords.encode(text).tokens).replace("\u2581", " ").split()
        assert together == words.encode(text).tokens


@pytest.mark.parametrize("punctuation", [False, True])
def test_a_saved_vocabulary_can_be_used_again(punctuation, texts, tmp_path):
    trained = WordTokenizer(punctuation=punctuation).train([texts])
    trained.save(str(file := tmp_path / "tokenizer.json"))
    assert StoredTokenizer(str(file)).train([]).encode(texts[0]).ids == trained.encode(texts[0]).ids


def test_a_word_never_seen_becomes_known_pieces(subwords):
    ids = subwords.encode("undelightfully").ids
    assert len(ids) > 1
    assert UNKNOWN_ID not in ids


def test_a_subword_vocabulary_keeps_its_size_and_special_ids(subwords):
    assert 300 < subwords.get_vocab_size() <= 600
    assert subwords.token_to_id("<pad>") == PADDING_ID
    assert subwords.token_to_id("<unk>") == UNKNOWN_ID


def test_a_subword_vocabulary_smaller_than_its_characters_is_refused():
    with pytest.raises(ValueError, match="use at least 300"):
        SubwordTokenizer(algorithm="bpe", vocabulary_size=50)


@settings(max_examples=200, deadline=None)
@given(batch=st.lists(st.text(), min_size=1, max_size=4))
def test_any_text_encodes_to_known_ids_alone_as_in_a_batch(batch):
    tokenizer = WordTokenizer(vocabulary_size=10).train([["a b c", "d e f"]])
    rows = encode(tokenizer, batch)
    for text, row in zip(batch, rows, strict=True):
        assert len(row) >= 1
        assert PADDING_ID not in row
        assert max(row) < tokenizer.get_vocab_size()
        assert encode(tokenizer, [text])[0].tolist() == row.tolist()
