"""Deleting the words said to matter hurts an answer more than deleting others."""

from __future__ import annotations

import numpy as np
import pytest

from rnn_sentiment.data.sources import demo_reviews
from rnn_sentiment.inference import Predictor
from rnn_sentiment.inference.explanation import GRADIENTS, OCCLUSION, Explanation, explain
from rnn_sentiment.inference.faithfulness import POINTS, RANDOM, measure
from tests.inference.networks import TEXT, make_predictor


@pytest.fixture(scope="module")
def predictor(finished_run) -> Predictor:
    return Predictor.load(finished_run)


@pytest.fixture(scope="module")
def explanations(predictor: Predictor) -> list[Explanation]:
    return [explain(predictor, text) for text, _ in demo_reviews.reviews(4, seed=7)]


@pytest.mark.parametrize("method", [OCCLUSION, GRADIENTS])
def test_areas_are_smaller_than_by_chance(method, explanations):
    areas = [found.faithfulness.areas for found in explanations]
    assert all(of_text[method] < of_text[RANDOM] for of_text in areas)


def test_words_said_to_matter_that_do_not_have_a_larger_area(predictor, explanations):
    for found in explanations:
        label = predictor.labels.index(found.label)
        wrong = measure(predictor, found.words, label, {"wrong": -found.importance[OCCLUSION]})
        assert wrong.areas["wrong"] > wrong.areas[RANDOM]
        assert wrong.areas[RANDOM] == pytest.approx(found.faithfulness.areas[RANDOM])


def test_a_curve_goes_from_the_whole_text_to_none(predictor, explanations):
    nothing = predictor([""])[0]
    for found in explanations:
        shares = found.faithfulness.deleted
        assert (shares[0], shares[-1], len(shares)) == (0, 1, POINTS + 1)
        for name, curve in found.faithfulness.curves.items():
            assert curve[0] == pytest.approx(found.probabilities[found.label], abs=1e-6)
            assert curve[-1] == pytest.approx(nothing[found.label], abs=1e-6)
            assert found.faithfulness.areas[name] == pytest.approx(np.trapezoid(curve, shares))


def test_the_most_important_words_go_first():
    predictor = make_predictor()
    found = explain(predictor, TEXT)
    (label,) = predictor.answer([TEXT]).labels
    first = found.importance[OCCLUSION].argmax()
    left = " ".join(n for i, n in enumerate(found.words.names()) if i != first)
    expected = predictor.answer([left]).probabilities[0, label]
    assert found.faithfulness.curves[OCCLUSION][1] == pytest.approx(expected, abs=1e-6)


def test_what_is_no_better_than_chance_is_said():
    def said(text: str) -> str:
        return " ".join(explain(make_predictor(), text).trust())

    assert "no better than chance" in said("film film film")  # whichever goes first
    assert "no better than chance" not in said("film")  # one word has no order
