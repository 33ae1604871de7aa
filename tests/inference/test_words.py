"""The words of a text, as they are written and as they are read."""

from __future__ import annotations

import numpy as np
import pytest

from rnn_sentiment.data.reading import Reading
from rnn_sentiment.data.tokenizer import SubwordTokenizer
from rnn_sentiment.errors import UserError
from rnn_sentiment.inference.explanation import explain
from rnn_sentiment.inference.words import read_words
from tests.inference.networks import make_predictor


def test_words_are_found_where_they_are_written():
    text = "<br />A “quiet” FILM;\tdon’t miss it!\n"
    words = read_words(make_predictor(), text)
    assert words.names() == ["A", "quiet", "FILM", "don’t", "miss", "it", "!"]
    assert "".join(piece for piece, _ in words.pieces()) == text
    assert [p for p, word in words.pieces() if word is not None] == words.names()


def test_subwords_are_one_word():
    predictor = make_predictor(tokenizer=SubwordTokenizer("bpe", vocabulary_size=300))
    words = read_words(predictor, "filmic dullness")
    assert words.names() == ["filmic", "dullness"]
    assert len(words.tokens) > 2
    (left,) = words.without(np.array([[True, False]]))
    assert len(left) == (words.word_of == 1).sum()


def test_only_what_is_read_of_a_long_text_is_a_word():
    text = "one two three four five six seven"
    words = read_words(make_predictor(reading=Reading(max_length=4)), text)
    assert words.names() == ["one", "five", "six", "seven"]  # head and tail


def test_a_character_that_is_written_out_as_words_is_one_word():
    assert read_words(make_predictor(), "a ﷺ film").names() == ["a", "ﷺ", "film"]


def test_control_characters_and_lone_surrogates_reach_no_page():
    words = read_words(make_predictor(), "a \x1b[31m \u202efilm \ud800")
    assert words.text == "a \ufffd[31m \ufffdfilm \ufffd"


def test_joined_emoji_and_rare_spaces_stay_as_they_are_written():
    for text in ("👩\u200d👧 film", "می\u200cخواهم", "10\u00a0000", "映画\u3000館", "🫨 film"):
        assert "".join(piece for piece, _ in read_words(make_predictor(), text).pieces()) == text


@pytest.mark.parametrize("text", ["", " \n", "…"])
def test_a_text_without_a_word_is_refused(text):
    with pytest.raises(UserError, match="no word"):
        explain(make_predictor(), text)
