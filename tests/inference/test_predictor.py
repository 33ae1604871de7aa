"""A trained run as a function: the same answers as its evaluation, whatever else is asked."""

from __future__ import annotations

import random
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from rnn_sentiment.data.rows import text_hash
from rnn_sentiment.errors import UserError
from rnn_sentiment.inference.predictor import Predictor


@pytest.fixture(scope="module")
def predictor(finished_run: Path) -> Predictor:
    return Predictor.load(finished_run)


@pytest.fixture(scope="module")
def texts(corpus: Path) -> list[str]:
    (file,) = corpus.rglob("test-*.parquet")
    return pq.read_table(file)["text"].to_pylist()


def positive(predictor: Predictor, texts: list[str]) -> list[float]:
    return [found["positive"] for found in predictor(texts)]


def test_answers_are_those_of_the_evaluation(predictor, texts, finished_run):
    expected = pd.read_parquet(finished_run / "predictions.parquet").set_index("row_id")
    rows = [f"{text_hash(text):016x}-0" for text in texts]
    assert set(rows) <= set(expected.index)
    assert positive(predictor, texts) == pytest.approx(expected["probability"][rows], abs=1e-6)


def test_probabilities_are_named_by_the_runs_labels_and_sum_to_one(predictor, texts):
    for found in predictor(texts[:20]):
        assert list(found) == ["negative", "positive"]
        assert sum(found.values()) == pytest.approx(1)
        assert all(0 <= probability <= 1 for probability in found.values())


def test_an_answer_depends_on_its_text_and_on_nothing_beside_it(predictor, texts):
    together = positive(predictor, texts[:70])  # more than fit into one batch
    assert [positive(predictor, [text])[0] for text in texts[:5]] == pytest.approx(
        together[:5], abs=1e-6
    )
    order = random.Random(0).sample(range(70), 70)
    shuffled = positive(predictor, [texts[i] for i in order])
    assert shuffled == pytest.approx([together[i] for i in order], abs=1e-6)


def test_any_text_has_an_answer(predictor):
    assert len(predictor(["", " ", "Фильм 電影 🎬", "word " * 3000])) == 4
    assert predictor([]) == []


def test_a_folder_without_a_trained_run_is_refused(tmp_path):
    with pytest.raises(UserError, match="is not a run folder"):
        Predictor.load(tmp_path)
