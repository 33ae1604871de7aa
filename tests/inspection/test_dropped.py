"""What no token holds is counted by kind, and writing without spaces is recognised."""

from __future__ import annotations

import pytest
from rich.console import Console

from rnn_sentiment.data.parquet import write_part
from rnn_sentiment.data.tokenizer import SubwordTokenizer, WordTokenizer
from rnn_sentiment.inspection.dropped import find_dropped, print_dropped
from tests.data.modules import make_data

ENGLISH = ["Great film, really! 😀 (10/10)", "It's a mess... <br /> don't."]


@pytest.mark.parametrize("kind", [WordTokenizer, lambda size: SubwordTokenizer("bpe", size)])
def test_what_no_token_holds_is_counted(kind):
    tokenizer = kind(300).train([ENGLISH])
    found = find_dropped(tokenizer, ENGLISH)
    assert found.dropped == {",": 1, "😀": 1, "(": 1, "/": 1, ")": 1, ".": 4}
    kept = "Greatfilmreally!1010It'samessdon't"
    assert found.total == len(kept) + found.dropped.total()
    first, second = found.lines
    assert first.startswith(f"{800 / found.total:.2f} % punctuation (. ")
    assert second == f"{100 / found.total:.2f} % symbols and emoji (😀)"
    assert found.language is None


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("这部电影非常好看，我很喜欢。", "Chinese or Japanese"),
        ("หนังเรื่องนี้ดีมาก", "Thai"),
        ("이 영화는 정말 재미있어요.", None),
        ("Фильм мне очень понравился.", None),
        ("The word 好 means good, as everybody here knows.", None),
    ],
)
def test_writing_without_spaces_is_recognised(text, language):
    assert find_dropped(WordTokenizer(300).train([[text]]), [text]).language == language


def printed(folder, text: str, tokenizer: WordTokenizer | SubwordTokenizer) -> str:
    rows = [(f"{text} {i}", i % 2) for i in range(60)]
    folder.mkdir()
    write_part(folder / "train-0.parquet", iter(rows), ["bad", "good"])
    console = Console(record=True, width=300)
    print_dropped(console, make_data(folder, folder / "cache", tokenizer))
    return console.export_text()


def test_the_check_says_what_is_dropped_and_warns_of_phrases_as_words(tmp_path):
    chinese = "这部电影非常好看，我很喜欢"
    words = printed(tmp_path / "a", chinese, WordTokenizer(300))
    assert "punctuation (,)" in words
    assert "is written without spaces: a token is a whole phrase" in words
    pieces = printed(tmp_path / "b", chinese, SubwordTokenizer("bpe", 300))
    assert "is written without spaces" not in pieces
    assert printed(tmp_path / "c", "plain words", WordTokenizer(300)) == ""


def test_the_check_names_the_setting_that_keeps_punctuation(tmp_path):
    text, hint = "(so so)", "; tokenizer.punctuation=true keeps marks"
    assert hint in printed(tmp_path / "a", text, WordTokenizer(300))
    assert printed(tmp_path / "b", text, WordTokenizer(300, punctuation=True)) == ""
