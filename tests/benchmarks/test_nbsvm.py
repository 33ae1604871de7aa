"""NBSVM: its columns, its weights, and its runs beside those of this package."""

from __future__ import annotations

import json

import numpy as np
import pytest

from benchmarks.accuracy import nbsvm
from benchmarks.accuracy.linear import Linear, log_count_ratio
from benchmarks.accuracy.ngrams import Ngrams, words
from rnn_sentiment.report.grouping import group
from rnn_sentiment.report.loading import load

TEXTS = ["Not bad, not bad!", "a fine film", "not a fine film", "bad"]
LABELS = np.array([1, 1, 0, 0])


def spelled_out(text: list[str], order: int) -> set[tuple[str, ...]]:
    return {tuple(text[i : i + n]) for n in range(1, order + 1) for i in range(len(text) - n + 1)}


@pytest.mark.parametrize("order", [1, 2, 3])
def test_a_text_has_the_columns_of_its_ngrams(order):
    texts = [words(text) for text in TEXTS]
    known = [spelled_out(text, order) for text in texts]
    columns = Ngrams(texts, order)
    assert len(columns.keys) == len(set().union(*known))
    new = words("A bad new film, not a new one")
    found = columns([*texts, new]).toarray()
    assert set(found.ravel()) <= {0, 1}
    expected = [len(one) for one in known]
    expected.append(len(spelled_out(new, order) & set().union(*known)))
    assert found.sum(axis=1).tolist() == expected
    shared = known[1] & known[2]
    assert (found[1] * found[2]).sum() == len(shared)


def test_a_column_of_positive_texts_has_a_positive_ratio():
    columns = Ngrams([[*text] for text in ("ab", "ac", "dc", "dc")], 1)
    ratio = dict(
        zip(
            columns.ids,
            log_count_ratio(columns([[*"ab"], [*"ac"], [*"dc"], [*"dc"]]), LABELS),
            strict=True,
        )
    )
    assert ratio["a"] == -ratio["d"] == pytest.approx(np.log(3))
    assert ratio["b"] > 0 > ratio["c"]


def test_a_fit_leaves_no_slope():
    columns = Ngrams(texts := [words(text) for text in TEXTS], 2)
    model = Linear(presence := columns(texts), LABELS)
    model.fit(penalty=2.0)
    error = LABELS - model.probabilities(presence)
    assert model.weights[:-1] == pytest.approx(2 * model.features.T @ error, abs=1e-3)
    assert error.sum() == pytest.approx(0, abs=1e-3)
    assert (np.sign(error) == [1, 1, -1, -1]).all()


@pytest.mark.battery
def test_its_runs_enter_the_table_of_this_package(finished_run, corpus, tmp_path, monkeypatch):
    monkeypatch.setattr(nbsvm, "SETTINGS", tmp_path / "nbsvm.csv")
    monkeypatch.setattr(nbsvm, "TESTED", tmp_path / "nbsvm-test.csv")
    monkeypatch.setattr(nbsvm, "RUNS", tmp_path / "runs")
    monkeypatch.setattr("sys.argv", ["nbsvm", str(corpus)])
    nbsvm.main()
    runs, left_out = load([tmp_path / "runs", finished_run])
    rows, dropped = group(runs)
    assert not left_out
    assert not dropped
    assert len({row.setting for row in rows}) == 1
    assert sorted(len(row.runs) for row in rows) == [1, 5]
    sizes = [json.loads((run.folder / "results.json").read_text())["data"]["sizes"] for run in runs]
    assert sizes[0] == sizes[-1]
    assert "| train and validation |" in nbsvm.table_of_scores()
