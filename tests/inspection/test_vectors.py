"""Neighbours and analogies by cosine, of tables and of files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rnn_sentiment import neighbours
from rnn_sentiment.errors import UserError
from rnn_sentiment.inspection.vectors import WordVectors, of_file

WORDS = ["king", "queen", "man", "woman", "zero"]
TABLE = WordVectors(
    "table", WORDS, np.array([[3, 0, 4], [3, 1, 4], [3, 0, 0], [3, 1, 0], [0, 0, 0]], np.float32)
)


def test_an_analogy_is_a_sum_and_its_own_words_are_no_answer():
    (best, cosine), *others = TABLE.nearest("king - man + woman")
    assert best == "queen"
    assert cosine == pytest.approx(1)
    assert [word for word, _ in others] == ["zero"]


def test_neighbours_are_sorted_by_cosine():
    found = TABLE.nearest("man", number=2)
    assert [word for word, _ in found] == ["woman", "king"]
    assert [cosine for _, cosine in found] == pytest.approx([3 / 10**0.5, 0.6])


def test_words_are_found_in_lower_case_too():
    assert TABLE.nearest("King") == TABLE.nearest("king")


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("quen", "'quen' is not one of the 5 words; did you mean queen"),
        ("- +", "has no word"),
        ("", "has no word"),
    ],
)
def test_a_query_without_an_answer_is_one_line(query, message):
    with pytest.raises(UserError, match=message):
        TABLE.nearest(query)


def test_a_file_is_read_and_answers_are_printed(tmp_path: Path, capsys):
    file = tmp_path / "vectors.txt"
    rows = zip(WORDS, TABLE.vectors.tolist(), strict=True)
    file.write_text("".join(f"{word} {' '.join(map(str, row))}\n" for word, row in rows))
    (table,) = of_file(file)
    assert table.words == WORDS
    neighbours.run([f"path={file}", "queen - woman + man"])
    query, answer = capsys.readouterr().out.splitlines()
    assert query == "queen - woman + man"
    assert answer.split()[:3] == ["vectors.txt", "king", "1.0000"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "one of the arguments run= path= is required|QUERY"),
        (["king"], "one of the arguments run= path= is required"),
        (["run=somewhere"], "QUERY"),
        (["run=a", "path=b", "king"], "not allowed with"),
        (["rum=somewhere", "king"], "unknown key 'rum'; did you mean 'run'?"),
    ],
)
def test_what_is_missing_is_said(arguments, message):
    with pytest.raises(UserError, match=message):
        neighbours.run(arguments)


@pytest.mark.parametrize(
    ("argument", "message"),
    [("run=nowhere", "is not a run folder"), ("path=nowhere.txt", "nowhere.txt: cannot be read")],
)
def test_what_is_not_there_is_named(argument, message):
    with pytest.raises(UserError, match=message):
        neighbours.run([argument, "king"])


def test_a_run_without_word_vectors_is_one_line(tmp_path: Path):
    (tmp_path / ".hydra").mkdir()
    embedding = "embedding: {_target_: rnn_sentiment.embeddings.NumberEmbedding}"
    (tmp_path / ".hydra" / "config.yaml").write_text(embedding)
    with pytest.raises(UserError, match="has no word vectors"):
        neighbours.run([f"run={tmp_path}", "king"])
