"""Which classes a run takes for which: counts, the commonest mistakes, and how they are shown."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from rnn_sentiment.class_scores import class_scores
from rnn_sentiment.outcome import OneOf
from rnn_sentiment.training.class_table import print_classes
from rnn_sentiment.training.confusion import confusion, draw_confusion, most_confused

NAMES = ("art", "law", "sport")
FRAME = pd.DataFrame({"label": [0, 0, 0, 1, 1, 2], "predicted": [0, 1, 1, 1, 2, 2]})
MATRIX = [[1, 2, 0], [0, 1, 1], [0, 0, 1]]


def test_texts_are_counted_by_class_and_answer():
    assert confusion(FRAME, 3) == MATRIX
    assert most_confused(MATRIX, NAMES, 5) == [("art", "law", 2), ("law", "sport", 1)]
    assert most_confused(MATRIX, NAMES, 1) == [("art", "law", 2)]


def test_scores_of_classes_say_how_often_each_was_answered():
    scores = class_scores(FRAME["label"].to_numpy(), FRAME["predicted"].to_numpy(), OneOf(3), NAMES)
    assert [scores[name].answers for name in NAMES] == np.sum(MATRIX, 0).tolist()
    assert [scores[name].rows for name in NAMES] == np.sum(MATRIX, 1).tolist()


def as_results(labels: np.ndarray, answers: np.ndarray, names: list[str]) -> dict[str, dict]:
    found = class_scores(labels, answers, OneOf(len(names)), names)
    return {name: scores._asdict() for name, scores in found.items()}


def shown(num_classes: int, width: int = 200) -> str:
    random = np.random.default_rng(0)
    labels = random.integers(0, num_classes, 500)
    answers = np.roll(labels, 3)
    frame = pd.DataFrame({"label": labels, "predicted": answers})
    names = [f"[b]class {i}" for i in range(num_classes)]
    console = Console(record=True, width=width, file=io.StringIO())
    print_classes(
        console,
        {
            "classes": as_results(labels, answers, names),
            "confusion": confusion(frame, num_classes),
        },
    )
    return console.export_text()


def test_few_classes_are_shown_with_their_answers():
    text = shown(3)
    assert "answered [b]class 2" in text
    assert "confused" not in text


def test_what_is_undefined_is_a_dash_and_not_among_the_worst():
    labels = np.arange(20) % 15
    names = [f"class {i}" for i in range(16)]  # the last has no text
    console = Console(record=True, width=200, file=io.StringIO())
    print_classes(console, {"classes": as_results(labels[:3], labels[:3], names[:4])})
    print_classes(console, {"classes": as_results(labels, labels, names)})
    text = console.export_text()
    assert "class 3 │     0 │         – │      – │      –" in text
    assert "class 15" not in text


def test_a_narrow_terminal_cuts_no_number():
    text = shown(5, width=80)
    assert "…" not in text
    assert "answers to the test part by class" in text


def test_of_many_classes_the_worst_are_shown():
    text = shown(40)
    assert text.count("[b]class") == 12 + 2 * 5  # rows, and both sides of the commonest mistakes
    assert "the 12 classes of 40 with the lowest F1" in text


@pytest.mark.parametrize("num_classes", [2, 60])
def test_a_picture_names_classes_where_there_is_room(num_classes):
    matrix = np.eye(num_classes, dtype=int).tolist()
    axes = draw_confusion(matrix, [f"$a_{i}$" for i in range(num_classes)]).axes[0]
    assert len(axes.texts) == (num_classes**2 if num_classes == 2 else 0)
