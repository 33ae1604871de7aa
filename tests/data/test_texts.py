"""The texts of test reviews are found again by their row ids, without a network."""

from __future__ import annotations

from pathlib import Path

import pytest

from rnn_sentiment.data.rows import text_hash
from rnn_sentiment.data.sources import DemoSource, HubSource, PathSource, Source
from rnn_sentiment.data.sources import demo_reviews as demo
from rnn_sentiment.data.texts import find_texts
from rnn_sentiment.errors import UserError

TEXTS = [text for text, _ in demo.reviews(200, 1)]  # the test part of the fixture `corpus`
IDS = [f"{text_hash(text):016x}-{number}" for text in TEXTS for number in (0, 1)]


def test_every_text_is_found_once(corpus, tmp_path):
    for source in (DemoSource((300, 200)), PathSource(str(corpus))):
        found = list(find_texts(source, tmp_path, IDS))
        assert len(found) == len(set(TEXTS))
        assert all(text_hash(text) == number for number, text in found)
        assert {text for _, text in found} == set(TEXTS)
    assert not list(tmp_path.iterdir())


def test_texts_of_a_test_part_that_was_split_off_are_found(corpus, tmp_path):
    (train,) = corpus.glob("*/train-*")
    (tmp_path / train.name).symlink_to(train)
    text, _ = next(demo.reviews(300, 0))
    (found,) = find_texts(PathSource(str(tmp_path)), tmp_path, [f"{text_hash(text):016x}-0"])
    assert found[1] == text


@pytest.mark.parametrize(
    ("source", "ids", "expected"),
    [
        (DemoSource((300, 200)), ["00000000000000ff-0"], "1 of the texts are not in the corpus"),
        (DemoSource((300, 100)), IDS, "has fewer test texts"),
        (DemoSource((300, 200)), ["review 7"], "row ids are not those of this package"),
        (PathSource("nowhere"), IDS, "nowhere is not on this machine"),
        (HubSource("stanfordnlp/imdb"), IDS, "stanfordnlp/imdb is not in the cache"),
    ],
)
def test_what_is_not_there_is_said(source: Source, ids: list[str], expected: str, tmp_path: Path):
    with pytest.raises(UserError, match=expected):
        list(find_texts(source, tmp_path, ids))
